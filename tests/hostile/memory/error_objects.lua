-- expect: trap:memory ENOMEM "arena is exhausted"
local t = {}
while true do t[#t + 1] = select(2, pcall(error, {#t})) end
