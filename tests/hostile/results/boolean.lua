-- expect: script EIO "handler returned a boolean"
-- handler: f
function f() return true end
objclass.register(f)
