-- expect: trap:memory ENOMEM "arena is exhausted"
local s = ("x"):rep(1 << 20)
return s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s
