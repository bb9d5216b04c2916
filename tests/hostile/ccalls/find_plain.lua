-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
-- A million places to look at, and half a million bytes to compare at each.
local needle = ("a"):rep(1 << 19) .. "b"
return (("a"):rep(1 << 20)):find(needle, 1, true)
