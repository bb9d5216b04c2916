-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local b, big = bufferlist.new(), bufferlist.new()
	big:append(("v"):rep((64 << 10) + 1))
	local function fails(errno, f, ...)
		local _, code = pcall(f, ...)
		assert(code == -errno, tostring(code))
	end
	fails(objclass.ENAMETOOLONG, objclass.setxattr, ("n"):rep(101), b)
	fails(objclass.ENAMETOOLONG, objclass.setxattr, ("n"):rep(1 << 20), b)
	fails(objclass.EFBIG, objclass.setxattr, "n", big)
	fails(objclass.ENAMETOOLONG, objclass.map_set_val, ("k"):rep((64 << 10) + 1), b)
	fails(objclass.ENAMETOOLONG, objclass.map_set_vals, {[("k"):rep(1 << 20)] = ""})
	fails(objclass.ENODATA, objclass.getxattr, ("n"):rep(1 << 20))
	assert(next(objclass.map_get_keys(("z"):rep(1 << 20), -1)) == nil)
	assert(next(objclass.map_get_vals("", ("z"):rep(1 << 20), -1)) == nil)
	assert(next(objclass.map_get_keys("", 0)) == nil and objclass.map_get_keys("", math.mininteger).kept)
	assert(next(objclass.map_get_keys("", math.maxinteger)) == "kept")
	output:append("contained")
end
objclass.register(probe)
