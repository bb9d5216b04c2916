-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do math.random(1 << 40) end
