-- expect: script EIO "false"
error(false)
