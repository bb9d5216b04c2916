-- expect: ok "contained"
-- handler: probe
-- writes
-- A hundred thousand runs of one byte each.
function probe(input, output)
	local b = bufferlist.new()
	b:append("x")
	for i = 1, 100000 do objclass.write(2 * i, 1, b) end
	assert(objclass.stat() == 200001 and objclass.read(2, 1):str() == "x" and objclass.read(199999, 1):str() == "\0")
	output:append("contained")
end
objclass.register(probe)
