-- expect: script EIO "handler returned a userdata"
-- handler: f
function f(input, output) return objclass.setxattr("kept", output) end
objclass.register(f)
