-- expect: script EIO "string slice too long"
return (("x"):rep(4 << 20)):byte(1, -1)
