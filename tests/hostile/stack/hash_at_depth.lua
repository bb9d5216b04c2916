-- expect: ok "contained"
-- handler: probe
-- A hash is a host call, for which there must be room on the C stack.
function probe(input, output)
	local deepest = 0
	local function dive(s, n)
		deepest = n
		pcall(hash.sha256, "x")
		return (s:gsub("x", function() return dive(s, n + 1) end))
	end
	pcall(dive, "x", 1)
	assert(deepest > 100)
	output:append("contained")
end
objclass.register(probe)
