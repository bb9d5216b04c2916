-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- handler: absent
setmetatable(_G, {__index = function() while true do end end})
