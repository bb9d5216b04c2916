-- expect: script EIO "nan"
error(0 / 0, 0)
