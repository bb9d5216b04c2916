-- expect: op ENODATA "xattr does not exist"
coroutine.wrap(function() coroutine.wrap(objclass.getxattr)("none") end)()
