-- expect: ok "contained"
-- handler: probe
-- Whatever can be reached from the globals is known: no registry, no table of loaded libraries, no other state.
function probe(input, output)
	local known = {}
	for word in ([[_G _VERSION assert bufferlist collectgarbage coroutine error getmetatable hash ipairs json load math next objclass pairs
		pcall print probe rawequal rawget rawlen rawset require select setmetatable string table tonumber tostring type utf8 xpcall]]):gmatch("%S+") do
		known[word] = true
	end
	for name in pairs(_G) do assert(known[name], name) end
	local seen, count = {}, 0
	local function walk(value, path)
		if seen[value] then return end
		seen[value] = true
		count = count + 1
		local kind = type(value)
		assert(kind ~= "userdata" or value == json.null, path)
		assert(kind ~= "thread", path)
		if kind ~= "table" then return end
		assert(path == "_G" or not rawget(value, "_LOADED") and not rawget(value, "_G"), path)
		for k, v in pairs(value) do
			walk(k, path .. " key")
			walk(v, path .. "." .. tostring(k))
		end
		local mt = getmetatable(value)
		if mt then walk(mt, path .. " metatable") end
	end
	walk(_G, "_G")
	assert(count > 150 and count < 400, count)
	output:append("contained")
end
objclass.register(probe)
