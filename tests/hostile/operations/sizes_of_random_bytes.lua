-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	for _, n in ipairs{-1, math.mininteger, 65537, 1 << 32, math.maxinteger} do
		assert(select(2, pcall(objclass.random_bytes, n)) == -objclass.EINVAL)
	end
	for _, n in ipairs{1.5, 2^70, "x", true, {}, print} do assert(select("#", pcall(objclass.random_bytes, n)) == 2) end
	for _, n in ipairs{0, 1, 511, 512, 513, 4096, 65535, 65536} do assert(#objclass.random_bytes(n) == n) end
	output:append("contained")
end
objclass.register(probe)
