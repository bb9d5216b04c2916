-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- Most of the time is spent between coroutines, where an interrupt may hook the wrong one.
while true do coroutine.wrap(function() end)() end
