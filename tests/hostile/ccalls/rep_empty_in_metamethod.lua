-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
return setmetatable({}, {__index = function() return string.rep("", 1 << 60) end}).x
