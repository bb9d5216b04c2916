-- expect: script EIO "outside of -2147483648..2147483647"
-- handler: f
function f() return -(1 << 32) end
objclass.register(f)
