-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
return 1 + setmetatable({}, {__add = function() while true do end end})
