-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
for x = 1, math.huge, 1e-300 do end
