-- expect: trap:memory ENOMEM "arena is exhausted"
local t = {}
while true do t[#t + 1] = select(2, xpcall(objclass.getxattr, function(e) return e end, "none")) end
