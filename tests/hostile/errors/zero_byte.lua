-- expect: script EIO "before"
error("before\0after\r\n", 0)
