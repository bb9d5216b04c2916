-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local b = bufferlist.new()
	b:append("x")
	local function fails(errno, f, ...)
		local _, code = pcall(f, ...)
		assert(code == -errno, tostring(code))
	end
	for _, off in ipairs{-1, math.mininteger, 1 << 32, 1 << 62, math.maxinteger, (128 << 20)} do fails(objclass.EFBIG, objclass.write, off, 1, b) end
	for _, off in ipairs{-1, math.mininteger} do assert(#objclass.read(off, 5) == 0 and #objclass.read(off, 0) == 0) end
	for _, off in ipairs{1 << 32, 1 << 62, math.maxinteger} do
		assert(#objclass.read(off, 0) == 0 and #objclass.read(off, 5) == 0 and #objclass.read(off, math.maxinteger) == 0)
	end
	assert(objclass.read(0, math.maxinteger):str() == "sentinel" and objclass.read(7, 1 << 62):str() == "l")
	assert(objclass.stat() == 8)
	output:append("contained")
end
objclass.register(probe)
