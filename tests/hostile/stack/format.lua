-- expect: script EIO "C stack overflow"
local t = setmetatable({}, {__tostring = function(t) return string.format("%s", t) end})
return string.format("%s", t)
