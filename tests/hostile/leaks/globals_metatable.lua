-- expect: ok "contained"
-- handler: probe
-- calls: 3
function probe(input, output)
	assert(getmetatable(_G) == nil and nothing == nil)
	setmetatable(_G, {__index = function() return "left" end, __metatable = "locked"})
	assert(nothing == "left")
	output:append("contained")
end
objclass.register(probe)
