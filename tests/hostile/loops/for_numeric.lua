-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
for i = math.mininteger, math.maxinteger do end
