-- expect: trap:memory ENOMEM "arena is exhausted"
error(("x"):rep(16 << 20), 0)
