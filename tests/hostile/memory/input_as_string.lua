-- expect: trap:memory ENOMEM "arena is exhausted"
-- handler: hold
-- input: 16777216
function hold(input) return input:str() end
objclass.register(hold)
