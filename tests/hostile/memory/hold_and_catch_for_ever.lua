-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- The heap stays full: each allocation has a collection of its own.
local t = {}
pcall(function() while true do t[#t + 1] = {} end end)
while true do pcall(string.rep, "x", 1 << 20) end
