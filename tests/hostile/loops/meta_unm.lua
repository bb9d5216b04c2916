-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
return -setmetatable({}, {__unm = function() while true do end end})
