-- expect: ok "contained"
-- handler: probe
-- The table fits, and its copy does not.
function probe(input, output)
	local t = {}
	for i = 1, 100 do t["key" .. i] = ("v"):rep(100000) .. i end
	local ok, message = pcall(objclass.map_set_vals, t)
	assert(not ok and message == "not enough memory")
	assert(not pcall(objclass.map_get_val, "key1"))
	output:append("contained")
end
objclass.register(probe)
