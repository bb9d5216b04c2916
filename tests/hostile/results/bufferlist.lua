-- expect: script EIO "handler returned a userdata"
-- handler: f
function f(input, output) return output end
objclass.register(f)
