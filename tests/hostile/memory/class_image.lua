-- expect: trap:memory ENOMEM "its image has"
-- class
-- Each call would copy it.
big = ("x"):rep(5 << 20)
function f() end
objclass.register(f)
