-- expect: ok "contained"
-- handler: probe
-- calls: 3
assert(type(tostring) == "function" and tostring(5) == "5")
function probe(input, output)
	assert(select("#", pcall(error)) == 2)
	local globals = _G
	for name in next, globals do globals[name] = false end
	output:append("contained")
end
objclass.register(probe)
