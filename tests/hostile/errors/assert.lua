-- expect: script EIO "assertion failed!"
assert(false)
