-- expect: trap:memory ENOMEM "arena is exhausted"
-- class
local t = {}
while true do t[#t + 1] = {} end
