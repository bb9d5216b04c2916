-- expect: input EMSGSIZE "the input has 16777217 bytes, the limit is 16777216"
-- handler: f
-- input: 16777217
function f(input) return #input end
objclass.register(f)
