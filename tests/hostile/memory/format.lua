-- expect: trap:memory ENOMEM "arena is exhausted"
local s = "\0"
while true do s = string.format("%q%q", s, s) end
