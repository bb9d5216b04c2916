-- expect: trap:deadline ETIMEDOUT "eval:3: over 50 ms"
-- timeout: 50ms
::again:: goto again
