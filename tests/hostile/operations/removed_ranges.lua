-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	local function fails(errno, f, ...)
		local _, code = pcall(f, ...)
		assert(code == -errno, tostring(code))
	end
	for _, range in ipairs{{"kept\0"}, {"", "kept"}, {"kept", "kept"}, {"kept", ""}, {"z", "a"}, {"kept\0", "kept"}, {"\xff"}, {5, 6}} do
		objclass.map_remove_range(range[1], range[2])
		assert(objclass.map_get_val("kept"):str() == "sentinel")
	end
	fails(objclass.ENAMETOOLONG, objclass.map_remove_range, ("a"):rep((64 << 10) + 1))
	fails(objclass.ENAMETOOLONG, objclass.map_remove_range, "", ("a"):rep(1 << 20))
	for _, bad in ipairs{true, {}, print, bufferlist.new(), coroutine.create(print)} do
		assert(select("#", pcall(objclass.map_remove_range, bad, "z")) == 2)
		assert(select("#", pcall(objclass.map_remove_range, "", bad)) == 2)
	end
	assert(not pcall(objclass.map_remove_range) and not pcall(objclass.map_remove_range, nil, "z"))
	assert(objclass.map_get_val("kept"):str() == "sentinel" and objclass.map_read_header():str() == "sentinel")
	output:append("contained")
end
objclass.register(probe)
