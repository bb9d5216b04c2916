-- expect: script EIO "resulting string too large"
return ("x"):rep(math.maxinteger, "y")
