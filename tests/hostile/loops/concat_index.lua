-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
table.concat(setmetatable({}, {__index = function() return "" end}), "", 1, 1 << 60)
