-- expect: script EIO "ENOENT"
error(setmetatable({errno = 2}, {__name = "operation error", __tostring = function() return "ENOENT" end}))
