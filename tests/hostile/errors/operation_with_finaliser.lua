-- expect: op ENODATA "xattr does not exist"
-- A finaliser that did an operation of its own, while an error was under way.
pcall(setmetatable, {}, {__gc = function() objclass.getxattr("of the finaliser") end})
objclass.getxattr("none")
