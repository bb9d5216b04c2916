-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	local b = bufferlist.new()
	b:append("x")
	objclass.write((128 << 20) - 1, 1, b)
	local _, code = pcall(objclass.write, (128 << 20) - 1, 2, b .. b)
	assert(code == -objclass.EFBIG and objclass.stat() == 128 << 20)
	_, code = pcall(objclass.read, 0, 0)
	assert(code == -objclass.ENOMEM)
	assert(objclass.read((128 << 20) - 2, 0):str() == "\0x" and objclass.read(0, 8):str() == "sentinel")
	local removed = objclass.remove()
	output:append("contained")
end
objclass.register(probe)
