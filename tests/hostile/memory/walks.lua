-- expect: trap:memory ENOMEM "arena is exhausted"
local t = {}
for i = 1, math.huge do t[i] = objclass.map_pairs() t[i]() end
