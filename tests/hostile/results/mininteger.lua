-- expect: script EIO "outside of -2147483648..2147483647"
-- handler: f
function f() return math.mininteger end
objclass.register(f)
