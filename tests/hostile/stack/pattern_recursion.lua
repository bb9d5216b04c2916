-- expect: script EIO "pattern too complex"
return ("x"):rep(300000):match((".-"):rep(300) .. "y")
