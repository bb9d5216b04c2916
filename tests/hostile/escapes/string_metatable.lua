-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	assert(getmetatable("") == false)
	assert(not pcall(setmetatable, "", {}) and not pcall(function() ("").x = 1 end))
	assert(not pcall(rawset, "", "x", 1) and not pcall(rawget, "", "x"))
	assert((""):rep(0) == "" and ("").dump == nil and ("").__index == nil)
	output:append("contained")
end
objclass.register(probe)
