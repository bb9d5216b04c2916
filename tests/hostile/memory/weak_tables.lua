-- expect: ok "contained"
-- handler: probe
-- Collections that an empty arena forces, while weak tables with metatables are about.
function probe(input, output)
	local mt = {__mode = "k", __index = function() return 1 end}
	for round = 1, 3 do
		local weak = {}
		pcall(function()
			for i = 1, math.huge do
				weak[i] = setmetatable({[{}] = {}, [i] = {}}, i % 3 == 0 and mt or {__mode = i % 2 == 0 and "v" or "kv"})
			end
		end)
		for i = 1, #weak do assert(next(weak[i]) == nil or weak[i][i]) end
	end
	output:append("contained")
end
objclass.register(probe)
