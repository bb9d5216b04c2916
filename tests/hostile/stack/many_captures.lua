-- expect: script EIO "too many captures"
return ("x"):rep(100):find(("(x)"):rep(40))
