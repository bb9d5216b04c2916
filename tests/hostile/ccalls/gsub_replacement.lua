-- expect: script EIO "invalid capture index %2"
return ("x"):rep(100):gsub("x", "%2")
