-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 0)
