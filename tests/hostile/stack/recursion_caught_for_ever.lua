-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local function f() return 1 + f() end
while true do pcall(f) end
