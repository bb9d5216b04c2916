-- expect: trap:memory ENOMEM "arena is exhausted"
local t = {}
while true do t = {t} end
