-- expect: trap:memory ENOMEM "arena is exhausted"
local t = {}
while true do
	t[#t + 1] = coroutine.wrap(function(...) coroutine.yield(...) end)
	t[#t](1, 2, 3)
end
