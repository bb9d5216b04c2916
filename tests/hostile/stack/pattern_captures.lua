-- expect: script EIO "pattern too complex"
return ("x"):rep(1000):find(("(x"):rep(0) .. ("x?"):rep(1000) .. "y")
