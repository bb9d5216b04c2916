-- expect: script EIO "near 'xxxx"
assert(load("return 1 " .. ("x"):rep(1 << 20)))
