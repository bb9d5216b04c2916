-- expect: trap:memory ENOMEM "arena is exhausted"
local t = {}
while true do t[#t + 1] = utf8.char(0x10FFFF, #t):rep(100) end
