-- expect: script EIO "nil"
error()
