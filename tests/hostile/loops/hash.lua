-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- Host calls, each of which is over before the deadline.
local b = bufferlist.new()
b:append(("x"):rep(4 << 20))
while true do pcall(hash.sha256, b) end
