-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
setmetatable({}, {__call = function() while true do end end})()
