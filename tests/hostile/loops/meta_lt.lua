-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local mt = {__lt = function() while true do end end}
return setmetatable({}, mt) < setmetatable({}, mt)
