-- expect: script EIO "level"
error("level", math.mininteger)
