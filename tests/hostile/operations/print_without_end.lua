-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do print(("x"):rep(10000)) end
