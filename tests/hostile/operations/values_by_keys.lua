-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local function of(keys)
		local n = 0
		for key, value in pairs(objclass.map_get_vals_by_keys(keys)) do n = n + 1 assert(key == "kept" and value:str() == "sentinel") end
		return n
	end
	assert(of{} == 0 and of{"kept"} == 1 and of{"kept", "kept", "kept"} == 1 and of{"none", "kept\0", "", 0/0, 1/0, -0.0, 1 << 62, "kept"} == 1)
	assert(of{nil, "kept"} == 0 and of{kept = "kept"} == 0 and of(objclass) == 0)
	assert(of(setmetatable({}, {__index = function() return "kept" end, __len = error, __pairs = error})) == 0)
	assert(of{("k"):rep(1 << 20), "kept"} == 1)
	local self = {}
	self[1] = self
	for _, bad in ipairs{self, {true}, {"kept", print}, {bufferlist.new()}, {coroutine.create(print)}} do
		local _, code = pcall(objclass.map_get_vals_by_keys, bad)
		assert(code == -objclass.EINVAL)
	end
	for _, bad in ipairs{"kept", 5, true, print, bufferlist.new()} do assert(select("#", pcall(objclass.map_get_vals_by_keys, bad)) == 2) end
	output:append("contained")
end
objclass.register(probe)
