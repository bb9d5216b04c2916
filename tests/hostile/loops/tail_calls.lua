-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local function ping(n) return ping(n + 1) end
ping(0)
