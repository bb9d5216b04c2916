-- expect: script EIO "Cannot register handler more than once"
-- handler: f
function f() end
objclass.register(f)
objclass.register(f, objclass.RD)
