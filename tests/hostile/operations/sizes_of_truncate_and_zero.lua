-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	local function fails(errno, f, ...)
		local _, code = pcall(f, ...)
		assert(code == -errno, tostring(code))
	end
	for _, size in ipairs{-1, math.mininteger, (128 << 20) + 1, 1 << 32, 1 << 62, math.maxinteger} do fails(objclass.EFBIG, objclass.truncate, size) end
	for _, bad in ipairs{-1, math.mininteger, -(1 << 32)} do
		fails(objclass.EFBIG, objclass.zero, bad, 1)
		fails(objclass.EFBIG, objclass.zero, 0, bad)
		fails(objclass.EFBIG, objclass.zero, bad, bad)
	end
	for _, off in ipairs{8, 1 << 32, 1 << 62, math.maxinteger} do objclass.zero(off, math.maxinteger) end
	objclass.zero(0, 0)
	assert(objclass.read(0, 0):str() == "sentinel")
	objclass.truncate(128 << 20)
	objclass.zero(8, math.maxinteger)
	assert(objclass.stat() == 128 << 20 and #objclass.read((128 << 20) - 5, 0) == 5)
	objclass.zero(4, 1 << 32)
	objclass.truncate(6)
	assert(objclass.read(0, 0):str() == "sent\0\0")
	output:append("contained")
end
objclass.register(probe)
