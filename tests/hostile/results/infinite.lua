-- expect: script EIO "its last value must be an integer"
-- handler: f
function f() return -math.huge end
objclass.register(f)
