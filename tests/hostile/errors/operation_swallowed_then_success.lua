-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	load(function() objclass.getxattr("first") end)
	coroutine.resume(coroutine.create(objclass.getxattr), "second")
	pcall(objclass.getxattr, "third")
	xpcall(objclass.getxattr, print, "fourth")
	assert(objclass.read(0, 0):str() == "sentinel")
	output:append("contained")
end
objclass.register(probe)
