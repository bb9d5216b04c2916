-- expect: op E4095
-- handler: f
function f() return -4095 end
objclass.register(f)
