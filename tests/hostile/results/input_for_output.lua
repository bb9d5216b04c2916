-- expect: op EMSGSIZE "output of 4194304 bytes"
-- handler: f
-- input: 4194304
function f(input, output) output:append(input) end
objclass.register(f)
