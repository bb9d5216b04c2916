-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
return setmetatable({}, {__idiv = function() while true do end end}) // 2
