-- expect: script EIO
error("", 0)
