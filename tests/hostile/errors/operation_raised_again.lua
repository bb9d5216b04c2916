-- expect: op ENODATA "xattr does not exist"
local _, failure = xpcall(objclass.getxattr, function(e) return e end, "none")
coroutine.wrap(error)(failure, 2)
