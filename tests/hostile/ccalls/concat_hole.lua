-- expect: script EIO "invalid value (nil) at index 1 in table for 'concat'"
table.concat({}, "", 1, 1 << 60)
