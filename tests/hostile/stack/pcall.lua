-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local depth = 0
	local function f()
		depth = depth + 1
		return pcall(f)
	end
	local results = table.pack(f())
	assert(results[1] == true and results[results.n - 1] == false and depth > 50)
	assert(results[results.n]:find("stack overflow", 1, true))
	output:append("contained")
end
objclass.register(probe)
