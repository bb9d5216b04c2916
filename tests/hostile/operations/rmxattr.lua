-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	for _, name in ipairs{"none", "", "kept\0", "\0", "kep", ("n"):rep(101), ("n"):rep(1 << 20), 5, 0.5} do objclass.rmxattr(name) end
	for _, name in ipairs{true, {}, print, bufferlist.new()} do assert(select("#", pcall(objclass.rmxattr, name)) == 2) end
	assert(objclass.getxattr("kept"):str() == "sentinel")
	output:append("contained")
end
objclass.register(probe)
