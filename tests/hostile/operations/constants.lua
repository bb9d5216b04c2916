-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	for _, name in ipairs{"", "e", "EPERM\0", "ENOENT\0x", ("E"):rep(1 << 20), 5, 0.5} do assert(objclass[name] == nil) end
	assert(objclass.EPERM == 1 and not pcall(function() return objclass[nil].x end))
	objclass.EPERM = 5
	assert(objclass.EPERM == 5 and objclass.ENOENT == 2)
	output:append("contained")
end
objclass.register(probe)
