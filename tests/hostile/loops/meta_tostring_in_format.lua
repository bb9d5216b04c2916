-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
string.format("%d %s", 1, setmetatable({}, {__tostring = function() while true do end end}))
