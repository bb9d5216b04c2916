-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
return setmetatable({}, {__le = function() while true do end end}) <= 1
