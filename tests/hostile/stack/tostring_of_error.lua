-- expect: script EIO "error value is a table"
local mt = {}
mt.__tostring = function() return tostring(setmetatable({}, mt)) end
error(setmetatable({}, mt))
