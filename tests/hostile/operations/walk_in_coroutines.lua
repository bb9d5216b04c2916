-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	local values = {}
	for i = 1, 300 do values[("key%03d"):format(i)] = "value" end
	objclass.map_set_vals(values)
	local steps = objclass.map_pairs("", "key")
	for i = 1, 100 do
		local key, value = coroutine.wrap(steps)()
		assert(key == ("key%03d"):format(i) and value:str() == "value")
	end
	local walk = coroutine.wrap(function() for key, value in steps do coroutine.yield(key) collectgarbage() end return "end" end)
	for i = 101, 200 do assert(walk() == ("key%03d"):format(i)) end
	local dead = coroutine.create(function() for key in objclass.map_pairs() do coroutine.yield(key) end end)
	for i = 1, 50 do assert(coroutine.resume(dead)) end
	assert(coroutine.close(dead))
	local count = 0
	for key in steps do count = count + 1 end
	assert(count == 100 and walk() == "end")
	output:append("contained")
end
objclass.register(probe)
