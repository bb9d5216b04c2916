-- expect: script EIO "string slice too long"
return utf8.codepoint(("x"):rep(4 << 20), 1, -1)
