-- expect: ok ""
-- handler: f
function f() return -0.0 end
objclass.register(f)
