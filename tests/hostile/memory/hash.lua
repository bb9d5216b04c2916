-- expect: trap:memory ENOMEM "arena is exhausted"
local t = {}
for i = 1, math.huge do t[i * 0.5] = true end
