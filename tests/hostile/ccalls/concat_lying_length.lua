-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
table.concat(setmetatable({}, {__len = function() return 1 << 60 end, __index = function() return "" end}))
