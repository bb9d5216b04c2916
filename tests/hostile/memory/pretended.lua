-- expect: script EIO "not enough memory"
error("not enough memory", 0)
