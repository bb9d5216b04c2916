-- expect: ok "contained"
-- handler: probe
-- calls: 3
function probe(input, output)
	assert(left == nil and _G.left == nil and rawget(_G, 1) == nil)
	left, _G[1] = {}, {}
	for i = 1, 1000 do _G["left" .. i] = i end
	output:append("contained")
end
objclass.register(probe)
