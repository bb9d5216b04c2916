-- expect: script EIO "xxxxxxxx"
local text = ("x"):rep(4 << 20)
error(setmetatable({}, {__tostring = function() return text end}))
