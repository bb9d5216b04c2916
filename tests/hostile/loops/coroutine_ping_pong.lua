-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local co = coroutine.wrap(function() while true do coroutine.yield() end end)
while true do co() end
