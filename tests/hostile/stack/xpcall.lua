-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local function f() return xpcall(f, f) end
	local ok = f()
	assert(ok == true)
	local function handler(e) error(e, 0) end
	ok = xpcall(function() error("x", 0) end, handler)
	assert(ok == false)
	local function again(e) return xpcall(error, again, e) end
	assert(xpcall(error, again, "x") == false)
	output:append("contained")
end
objclass.register(probe)
