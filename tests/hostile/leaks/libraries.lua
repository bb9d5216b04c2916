-- expect: ok "contained"
-- handler: probe
-- calls: 3
function probe(input, output)
	for _, library in ipairs{string, table, math, utf8, coroutine, objclass, bufferlist} do
		assert(rawget(library, "left") == nil and rawget(library, 1) == nil)
		library.left, library[1] = {}, {}
	end
	assert(("x"):rep(2) == "xx" and type(table.sort) == "function" and objclass.read(0, 0):str() == "sentinel")
	string.rep, table.sort, objclass.read, bufferlist.new = nil, error, print, nil
	output:append("contained")
end
objclass.register(probe)
