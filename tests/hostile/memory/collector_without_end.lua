-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- Each collection has a large heap to mark, and garbage keeps asking for one.
local t = {}
for i = 1, 50000 do t[i] = {} end
while true do local _ = ("x"):rep(1 << 16) end
