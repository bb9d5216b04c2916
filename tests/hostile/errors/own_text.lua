-- expect: script EIO "made by the script"
error(setmetatable({}, {__tostring = function() return "made by the script" end}))
