-- expect: script EIO "C stack overflow"
local mt = {}
mt.__unm = function(a) return -a end
return -setmetatable({}, mt)
