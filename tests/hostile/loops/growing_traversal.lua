-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- ipairs never meets its end.
for _ in ipairs(setmetatable({}, {__index = function(_, i) return i end})) do end
