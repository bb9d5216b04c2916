-- expect: script EIO "too many elements to move"
table.move({}, math.mininteger, math.maxinteger, 1)
