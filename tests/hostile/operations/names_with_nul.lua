-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	local b = bufferlist.new()
	b:append("other")
	for _, name in ipairs{"kept\0", "\0", "kept\r\n", "\xff\xff", ""} do
		objclass.map_set_val(name, b)
		objclass.setxattr(name, b)
	end
	assert(objclass.getxattr("kept"):str() == "sentinel" and objclass.map_get_val("kept"):str() == "sentinel")
	assert(objclass.map_get_val("kept\0"):str() == "other" and objclass.map_get_vals("", "kept\0", -1)["kept\0"]:str() == "other")
	objclass.map_remove_key("kept\0")
	assert(objclass.map_get_val("kept"):str() == "sentinel")
	output:append("contained")
end
objclass.register(probe)
