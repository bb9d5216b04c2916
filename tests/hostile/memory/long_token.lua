-- expect: script EIO "not enough memory"
assert(load(function() return ("x"):rep(1000) end))
