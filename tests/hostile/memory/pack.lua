-- expect: trap:memory ENOMEM "arena is exhausted"
local s = "x"
while true do s = string.pack("s8s8", s, s) end
