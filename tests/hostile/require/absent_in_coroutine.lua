-- expect: class EINVAL "require \"nosuch\""
-- class
local wrapped = coroutine.wrap(function() while true do pcall(pcall, xpcall, require, function() end, "nosuch") pcall(require, "nosuch") end end)
wrapped()
