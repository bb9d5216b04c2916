-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	for _, name in ipairs{"debug", "io", "os", "package", "dofile", "loadfile", "warn", "module", "newproxy", "getfenv", "setfenv", "loadstring", "unpack", "jit", "ffi", "bit32"} do
		assert(_G[name] == nil, name)
		assert(load("return " .. name)() == nil, name)
	end
	assert(string.dump == nil)
	assert(load("return ...", "n", "t", {})(5) == 5)
	output:append("contained")
end
objclass.register(probe)
