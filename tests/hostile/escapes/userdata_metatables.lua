-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local _, failure = xpcall(objclass.getxattr, function(e) return e end, "none")
	for _, value in ipairs{input, output, failure, bufferlist.new()} do
		assert(type(value) == "userdata" and getmetatable(value) == false)
		assert(not pcall(setmetatable, value, {}))
		assert(not pcall(function() value.x = 1 end) and not pcall(rawset, value, 1, 1) and not pcall(rawget, value, 1))
		assert(not pcall(function() return value() end) and not pcall(next, value))
		for _, name in ipairs{"__gc", "__index", "__metatable", "__name", "__close", "__newindex"} do assert(value[name] == nil, name) end
	end
	assert(getmetatable(objclass) == false and not pcall(setmetatable, objclass, {}))
	output:append("contained")
end
objclass.register(probe)
