-- expect: trap:memory ENOMEM "arena is exhausted"
("abc"):gsub(".", function() return ("x"):rep(1 << 30) end)
