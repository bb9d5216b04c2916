-- expect: script EIO "handler returned 2147483648"
-- handler: f
function f() return 1 << 31 end
objclass.register(f)
