-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- The comparator is a library function that answers false: no line of Lua runs.
table.sort(setmetatable({}, {__len = function() return 1 << 30 end}), pcall)
