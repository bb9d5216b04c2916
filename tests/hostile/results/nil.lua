-- expect: script EIO "handler returned a nil"
-- handler: f
function f() return 0, nil end
objclass.register(f)
