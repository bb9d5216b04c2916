-- expect: script EIO "boom"
load("error('boom')", "=a\r\n+OK\r\n")()
