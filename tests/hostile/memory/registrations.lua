-- expect: trap:memory ENOMEM "arena is exhausted"
for i = 1, math.huge do objclass.register(function() return i end) end
