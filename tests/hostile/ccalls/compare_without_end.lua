-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local a, b = ("\0"):rep(2 << 20) .. "a", ("\0"):rep(2 << 20) .. "b"
while true do local _ = a < b end
