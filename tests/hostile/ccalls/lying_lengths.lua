-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local function lies(n) return setmetatable({}, {__len = function() return n end}) end
	table.insert(lies(math.mininteger), 5, 0)
	assert(table.concat(lies(-5)) == "" and select("#", table.unpack(lies(math.mininteger))) == 0)
	table.sort(lies(math.mininteger))
	assert(table.remove(lies(0)) == nil and table.remove(lies(math.maxinteger)) == nil)
	for _ in ipairs(lies(1 << 60)) do error("ipairs asks for a length") end
	output:append("contained")
end
objclass.register(probe)
