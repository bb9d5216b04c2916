-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
setmetatable(_G, {__index = function() while true do end end})
return undefined
