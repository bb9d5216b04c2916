-- expect: trap:memory ENOMEM "arena is exhausted"
local t = {}
for i = 1, math.huge do t["key" .. i] = "value" end
