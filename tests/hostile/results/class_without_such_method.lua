-- expect: class EOPNOTSUPP "has no method"
-- class
-- handler: none
function f() end
objclass.register(f)
