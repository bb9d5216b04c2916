-- expect: script EIO "its last value must be an integer"
-- handler: f
function f() return 1e300 end
objclass.register(f)
