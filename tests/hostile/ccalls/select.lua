-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	assert(not pcall(select, 0) and not pcall(select, -1) and not pcall(select, math.mininteger, 1))
	assert(select("#", select(math.maxinteger, 1, 2)) == 0)
	assert(not pcall(rawlen, 5) and not pcall(next, {}, "no key of it"))
	assert(not pcall(ipairs) and not pcall(rawset, {}, nil, 1) and not pcall(rawset, {}, 0 / 0, 1))
	output:append("contained")
end
objclass.register(probe)
