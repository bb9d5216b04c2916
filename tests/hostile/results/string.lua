-- expect: script EIO "handler returned a string"
-- handler: f
function f() return "16 or so" end
objclass.register(f)
