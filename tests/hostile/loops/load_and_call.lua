-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do load("local a, b = 1, 2 return a + b")() end
