-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
table.sort({1, 2, 3}, function() while true do end end)
