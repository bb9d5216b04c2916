-- expect: script EIO "its last value must be an integer"
-- handler: f
function f() return 1.5 end
objclass.register(f)
