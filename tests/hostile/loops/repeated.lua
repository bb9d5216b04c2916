-- expect: trap:deadline ETIMEDOUT "eval:4: over 50 ms"
-- timeout: 50ms
-- calls: 3
while true do end
