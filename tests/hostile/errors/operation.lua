-- expect: op ENODATA "xattr does not exist"
objclass.getxattr("none")
