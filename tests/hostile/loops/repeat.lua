-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
repeat local x = {} until x == 1
