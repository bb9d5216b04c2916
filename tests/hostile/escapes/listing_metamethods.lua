-- expect: ok "contained"
-- handler: probe
-- The metamethods of listings serve listings: what they do to a table, they do to no other one.
function probe(input, output)
	local locked = {objclass, json.array{}, string, {}}
	local metatables = {}
	for i, t in ipairs(locked) do metatables[i] = getmetatable(t) or false end
	local of_listing = getmetatable(objclass.map_get_keys("", 10))
	for _, t in ipairs(locked) do
		assert(not pcall(of_listing.__newindex, t, "key", "value"))
		assert(not pcall(of_listing.__pairs, t))
		assert(rawget(t, "key") == nil)
	end
	for i, t in ipairs(locked) do assert((getmetatable(t) or false) == metatables[i], i) end
	output:append("contained")
end
objclass.register(probe)
