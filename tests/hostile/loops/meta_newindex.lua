-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
setmetatable({}, {__newindex = function() while true do end end}).x = 1
