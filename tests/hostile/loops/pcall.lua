-- expect: trap:deadline ETIMEDOUT "eval:3: over 50 ms"
-- timeout: 50ms
while true do pcall(function() while true do end end) end
