-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
pcall(coroutine.wrap(table.sort), {3, 2, 1}, function() while true do end end)
