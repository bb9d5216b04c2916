-- expect: script EIO "got a non-closable value"
-- Thousands of coroutines, each of which would close the one before when it is closed: without a limit to the depth.
local last = coroutine.create(print)
for _ = 1, 11000 do
	local before = last
	last = coroutine.wrap(function()
		local closing <close> = setmetatable({}, {__close = function() coroutine.close(before) end})
		coroutine.yield()
	end)
	last()
end
