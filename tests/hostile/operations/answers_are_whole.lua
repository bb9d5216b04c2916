-- expect: ok "contained"
-- handler: probe
-- writes
-- Answers just below, at and above what one host call carries.
function probe(input, output)
	for _, size in ipairs{0, 1, 511, 512, 513, 1023, 1024, 1025, 65535, 65536} do
		local text = ("0123456789abcdef"):rep(size // 16 + 1):sub(1, size)
		local b = bufferlist.new()
		b:append(text)
		objclass.write_full(b)
		objclass.setxattr("kept", b)
		objclass.map_set_val("kept", b)
		objclass.map_write_header(b)
		assert(objclass.read(0, 0) == b and objclass.getxattr("kept"):str() == text and objclass.map_get_val("kept") == b)
		assert(objclass.map_read_header() == b and objclass.getxattrs().kept == b and objclass.map_get_vals("", "", -1).kept == b)
	end
	output:append("contained")
end
objclass.register(probe)
