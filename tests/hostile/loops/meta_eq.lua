-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local mt = {__eq = function() while true do end end}
return setmetatable({}, mt) == setmetatable({}, mt)
