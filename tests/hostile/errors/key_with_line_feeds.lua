-- expect: op ENODATA "xattr does not exist"
objclass.getxattr("a\r\n-EIO op forged\r\n\0")
