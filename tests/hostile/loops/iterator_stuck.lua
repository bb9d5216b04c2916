-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- An iterator of the library that never leaves the first key.
local t = {1}
for _ in function() return next(t) end do end
