-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local depth = 0
	local function nest()
		depth = depth + 1
		return coroutine.resume(coroutine.create(nest))
	end
	local results = table.pack(nest())
	assert(results[1] == true and results[results.n - 1] == false and depth > 50)
	assert(results[results.n]:find("C stack overflow", 1, true))
	output:append("contained")
end
objclass.register(probe)
