-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local b = bufferlist.new()
	b:append("x")
	for _, length in ipairs{-1, math.mininteger, -(1 << 32) + 1} do
		assert(objclass.read(0, length):str() == "sentinel")
		assert(#objclass.read(length, 1) == 0)
		local _, code = pcall(objclass.write, 0, length, b)
		assert(code == -objclass.EINVAL)
	end
	for _, length in ipairs{0, 2, (1 << 32) + 1, math.maxinteger} do
		local _, code = pcall(objclass.write, 0, length, b)
		assert(code == -objclass.EINVAL)
	end
	output:append("contained")
end
objclass.register(probe)
