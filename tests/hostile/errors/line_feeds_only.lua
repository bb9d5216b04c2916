-- expect: script EIO
error(("\r\n"):rep(1000), 0)
