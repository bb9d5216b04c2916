-- expect: ok "contained"
-- handler: probe
-- writes
-- The same size as before, and read in full by the method that wrote it: elsewhere the object's digest goes wrong.
function probe(input, output)
	local b = bufferlist.new()
	b:append("SENTINEL")
	objclass.write_full(b)
	assert(objclass.read(0, 0):str() == "SENTINEL" and objclass.stat() == 8)
	output:append("contained")
end
objclass.register(probe)
