-- expect: script EIO "xxxxxxxx"
error(("x"):rep(6 << 20), 0)
