-- expect: ok "contained"
-- handler: probe
-- Object operations where the stack is nearly full.
function probe(input, output)
	local deepest = 0
	local function f(depth)
		deepest = math.max(deepest, depth)
		assert(objclass.read(0, 0):str() == "sentinel")
		assert(not pcall(objclass.getxattr, "none"))
		return (string.gsub("a", "a", function() return f(depth + 1) end))
	end
	assert(not pcall(f, 0) and deepest > 50)
	local nested = 0
	local function nest()
		nested = nested + 1
		assert(objclass.map_get_val("kept"):str() == "sentinel")
		return coroutine.wrap(nest)()
	end
	assert(not pcall(nest) and nested > 50)
	output:append("contained")
end
objclass.register(probe)
