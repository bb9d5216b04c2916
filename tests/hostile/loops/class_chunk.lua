-- expect: trap:deadline ETIMEDOUT "over"
-- timeout: 50ms
-- class
while true do pcall(function() while true do end end) end
