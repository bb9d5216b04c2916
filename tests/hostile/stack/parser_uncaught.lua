-- expect: script EIO "C stack overflow"
assert(load("return " .. ("("):rep(1000)))
