-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local function many(n) return table.unpack({}, 1, n) end
	assert(select("#", many(100000)) == 100000)
	assert(not pcall(many, 1000000))
	assert(not pcall(string.char, many(100000)) and not pcall(math.max, many(100000)))
	assert(select("#", coroutine.wrap(function(...) return ... end)(many(100000))) == 100000)
	assert(select("#", coroutine.wrap(coroutine.yield)(many(100000))) == 100000)
	assert(#table.pack(many(100000)) == 0)
	assert(not pcall(function() return {many(200000), many(300000), many(400000)}, many(900000) end))
	output:append("contained")
end
objclass.register(probe)
