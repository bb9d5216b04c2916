-- expect: trap:memory ENOMEM "arena is exhausted"
table.sort({1, 2, 3}, function() return ("x"):rep(1 << 30) end)
