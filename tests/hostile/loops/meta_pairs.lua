-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
for _ in pairs(setmetatable({}, {__pairs = function() while true do end end})) do end
