-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local steps, state, control, closing = objclass.map_pairs()
	assert(type(steps) == "function" and state == nil and control == nil and closing == nil)
	assert(steps({}, print, 0/0, steps) == "kept" and steps("kept", "a") == nil and steps(setmetatable({}, {__index = error})) == nil)
	local values = table.pack(objclass.map_pairs()(table.unpack({}, 1, 200)))
	assert(values.n == 2 and values[1] == "kept" and values[2]:str() == "sentinel")
	for key, value in objclass.map_pairs(), {}, ("x"):rep(100), nil do assert(key == "kept") end
	for _, bad in ipairs{true, {}, print, bufferlist.new(), coroutine.create(print)} do
		assert(not pcall(objclass.map_pairs, bad) and not pcall(objclass.map_pairs, "", bad))
	end
	for _, after in ipairs{"kept", "kept\0", "z", ("z"):rep(1 << 20), "\xff"} do assert(objclass.map_pairs(after)() == nil) end
	for _, after in ipairs{"", "k", "kep", "kens", 5, -0.0} do assert(objclass.map_pairs(after)() == "kept") end
	for _, prefix in ipairs{"keptt", "kept\0", "z", ("k"):rep(1 << 20)} do assert(objclass.map_pairs("", prefix)() == nil) end
	assert(objclass.map_pairs(nil, nil)() == "kept" and objclass.map_pairs(nil, "ke")() == "kept")
	output:append("contained")
end
objclass.register(probe)
