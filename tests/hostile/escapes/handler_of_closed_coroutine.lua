-- expect: ok "contained"
-- handler: probe
-- A coroutine that is suspended inside of xpcall and closed there keeps its message handler, as a place on a stack that is gone.
function probe(input, output)
	for _ = 1, 100 do
		local handled = 0
		local co = coroutine.create(function()
			xpcall(function() coroutine.yield() error("inside") end, function() handled = handled + 1 end)
		end)
		assert(coroutine.resume(co) and coroutine.close(co))
		assert(coroutine.status(co) == "dead" and not coroutine.resume(co))
		assert(coroutine.close(co) and handled == 0)
		co = coroutine.wrap(function() xpcall(coroutine.yield, error) error({}) end)
		co()
		local ok, e = pcall(co)
		assert(not ok and type(e) == "table" and not pcall(co))
	end
	-- A handler is called when the stack was unwound, where it can yield: no coroutine has one while it runs.
	local co = coroutine.wrap(function() return xpcall(error, coroutine.yield, "yielded") end)
	assert(co() == "yielded" and co("handled") == false)
	output:append("contained")
end
objclass.register(probe)
