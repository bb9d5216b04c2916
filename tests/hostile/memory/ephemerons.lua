-- expect: ok "contained"
-- handler: probe
-- A chain of weak keys that the collector follows one by one, from its wrong end.
function probe(input, output)
	local weak = setmetatable({}, {__mode = "k"})
	local head = {}
	local key = head
	for _ = 1, 2000 do
		local value = {}
		weak[key] = value
		key = value
	end
	pcall(function() local t = {} while true do t[#t + 1] = {} end end)
	local n, at = 0, head
	while weak[at] do n, at = n + 1, weak[at] end
	assert(n == 2000)
	output:append("contained")
end
objclass.register(probe)
