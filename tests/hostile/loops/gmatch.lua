-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do for _ in ("abc"):gmatch("") do end end
