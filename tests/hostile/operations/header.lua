-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	local b = bufferlist.new()
	b:append(("h"):rep(5 << 20))
	objclass.map_write_header(b)
	assert(objclass.map_read_header() == b)
	objclass.map_clear()
	assert(#objclass.map_read_header() == 0 and next(objclass.map_get_keys("", -1)) == nil)
	output:append("contained")
end
objclass.register(probe)
