-- expect: script EIO "handler 'f' is not registered"
-- handler: f
function f() end
objclass.register(f)
f = function() end
