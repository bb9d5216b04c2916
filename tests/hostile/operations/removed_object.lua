-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	objclass.remove()
	local function fails(errno, f, ...)
		local _, code = pcall(f, ...)
		assert(code == -errno, tostring(code))
	end
	for _, name in ipairs{"stat", "remove", "getxattrs", "map_clear"} do fails(objclass.ENOENT, objclass[name]) end
	for _, name in ipairs{"getxattr", "map_get_val", "map_remove_key"} do fails(objclass.ENOENT, objclass[name], "kept") end
	assert(#objclass.read(0, 0) == 0 and #objclass.map_read_header() == 0 and next(objclass.map_get_keys("", -1)) == nil)
	objclass.create(true)
	fails(objclass.ENODATA, objclass.getxattr, "kept")
	fails(objclass.ENOENT, objclass.map_get_val, "kept")
	assert(objclass.stat() == 0 and next(objclass.getxattrs()) == nil)
	output:append("contained")
end
objclass.register(probe)
