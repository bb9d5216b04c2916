-- expect: script EIO "unexpected symbol near '<\\255>'"
assert(load("return \255\254"))
