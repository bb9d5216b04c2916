-- expect: trap:memory ENOMEM "arena is exhausted"
local s = "x"
while true do s = s:gsub("x", "xx") end
