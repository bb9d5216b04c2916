-- expect: script EIO "its last value must be an integer"
-- handler: f
function f() return 0 / 0 end
objclass.register(f)
