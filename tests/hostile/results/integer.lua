-- expect: ok "" 2147483647
-- handler: f
function f() return 0x7fffffff end
objclass.register(f)
