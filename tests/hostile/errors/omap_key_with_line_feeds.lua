-- expect: op ENOENT "omap key does not exist"
objclass.map_get_val("a\r\n-EIO op forged\r\n\0")
