-- expect: script EIO "C stack overflow"
local mt = {}
mt.__lt = function(a, b) return b < a end
return setmetatable({}, mt) < setmetatable({}, mt)
