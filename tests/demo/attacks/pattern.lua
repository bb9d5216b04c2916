local s = ("a"):rep(100)
s:find(("a?"):rep(100) .. s)
