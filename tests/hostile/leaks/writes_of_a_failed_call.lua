-- expect: op ENOSPC
-- handler: probe
-- calls: 3
function probe(input, output)
	assert(objclass.read(0, 0):str() ~= "left" and objclass.getxattr("kept"):str() ~= "left")
	assert(not pcall(objclass.map_get_val, "left"))
	output:append("left")
	objclass.write_full(output)
	objclass.setxattr("kept", output)
	objclass.map_clear()
	objclass.map_set_val("left", output)
	return -objclass.ENOSPC
end
objclass.register(probe)
