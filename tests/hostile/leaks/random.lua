-- expect: ok "contained"
-- handler: probe
-- calls: 3
-- Neither the state of the generator nor what it began with.
function probe(input, output)
	local mine = {}
	for i = 1, 100 do mine[math.random(math.mininteger, math.maxinteger)] = true end
	math.randomseed(42)
	for _ = 1, 1000 do assert(not mine[math.random(math.mininteger, math.maxinteger)]) end
	output:append("contained")
end
objclass.register(probe)
