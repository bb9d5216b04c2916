-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	assert(coroutine.wrap(objclass.read)(0, 0):str() == "sentinel")
	local ok, e = coroutine.resume(coroutine.create(objclass.getxattr), "none")
	assert(not ok and e.errno == objclass.ENODATA)
	ok, e = pcall(coroutine.wrap(objclass.getxattr), "none")
	assert(not ok and e == -objclass.ENODATA)
	local co = coroutine.wrap(function() return pcall(function() coroutine.yield() objclass.getxattr("none") end) end)
	co()
	assert(select("#", co()) == 3)
	output:append("contained")
end
objclass.register(probe)
