-- expect: script EIO "-9223372036854775808"
error(math.mininteger, 0)
