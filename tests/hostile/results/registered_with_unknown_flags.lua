-- expect: script EIO "flags are objclass.RD, objclass.WR"
objclass.register(print, 1 << 40)
