-- expect: script EIO "nil"
error(nil)
