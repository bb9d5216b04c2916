-- expect: op ENODATA "xattr does not exist: \"second\""
-- The first error goes astray in load; an interpreter that keeps its errno elsewhere meets it again here.
load(function() objclass.getxattr("first") end)
objclass.getxattr("second")
