-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	objclass.write(1000, 0, bufferlist.new())
	assert(objclass.stat() == 8 and objclass.read(0, 0):str() == "sentinel")
	local _, code = pcall(objclass.write, 1 << 40, 0, bufferlist.new())
	assert(code == -objclass.EFBIG)
	output:append("contained")
end
objclass.register(probe)
