-- expect: trap:memory ENOMEM "arena is exhausted"
return ("x"):rep(1 << 30)
