-- expect: ok "" 16
-- handler: f
function f() return "0x10" end
objclass.register(f)
