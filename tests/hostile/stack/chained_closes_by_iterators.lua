-- expect: script EIO "got a non-closable value"
local last = coroutine.create(print)
for _ = 1, 11000 do
	local before = last
	last = coroutine.create(function()
		for _ in next, {1}, nil, setmetatable({}, {__close = function() coroutine.close(before) end}) do coroutine.yield() end
	end)
	assert(coroutine.resume(last))
end
