-- expect: op ENOENT "omap key does not exist"
objclass.map_get_val(("k"):rep(1 << 20))
