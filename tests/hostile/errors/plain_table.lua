-- expect: script EIO "table: 0x"
error({})
