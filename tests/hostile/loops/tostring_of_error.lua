-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
error(setmetatable({}, {__tostring = function() while true do end end}))
