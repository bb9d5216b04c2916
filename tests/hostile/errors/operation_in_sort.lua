-- expect: op ENODATA "xattr does not exist"
table.sort({1, 2}, function() objclass.getxattr("none") end)
