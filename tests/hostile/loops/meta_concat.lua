-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
return "a" .. setmetatable({}, {__concat = function() while true do end end})
