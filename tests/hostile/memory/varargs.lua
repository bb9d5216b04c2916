-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- Each call has one argument more to copy than the one before.
local function f(...) return f(1, ...) end
f()
