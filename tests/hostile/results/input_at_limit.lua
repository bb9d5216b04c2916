-- expect: ok "" 16777216
-- handler: f
-- input: 16777216
function f(input) return #input end
objclass.register(f)
