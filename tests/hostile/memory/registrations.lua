-- expect: trap:memory ENOMEM "arena is exhausted"
for i = 1, math.huge do objclass.register(load("return " .. i)) end
