-- expect: ok "contained"
-- class
-- handler: probe
-- Wherever on the stack require meets its end, the module is whole when it is there.
local function deep(n)
	pcall(require, "plain")
	return n > 0 and (("x"):gsub("x", function() deep(n - 1) end))
end
pcall(deep, 300)
function probe(input, output)
	assert(require "plain".count() == 1)
	output:append("contained")
end
objclass.register(probe)
