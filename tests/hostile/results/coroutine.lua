-- expect: script EIO "handler returned a thread"
-- handler: f
function f() return (coroutine.running()) end
objclass.register(f)
