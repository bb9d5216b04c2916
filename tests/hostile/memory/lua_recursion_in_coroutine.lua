-- expect: trap:memory ENOMEM "arena is exhausted"
local function f() return 1 + f() end
coroutine.wrap(f)()
