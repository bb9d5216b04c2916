-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local s = ("x"):rep(4 << 20)
while true do pcall(string.upper, s) end
