-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do collectgarbage() collectgarbage("step", 1) end
