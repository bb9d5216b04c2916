-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
load(function() while true do end end)
