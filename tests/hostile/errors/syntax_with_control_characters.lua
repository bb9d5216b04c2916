-- expect: script EIO "near '<\\1>'"
assert(load("x = 1\r\n\1\r\n", "=\r\n"))
