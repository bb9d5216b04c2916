-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local depth = 0
	local function reader()
		depth = depth + 1
		local f, message = load(reader)
		if not f then error(message, 0) end
	end
	local f, message = load(reader)
	assert(f == nil and message:find("C stack overflow", 1, true) and depth > 50)
	output:append("contained")
end
objclass.register(probe)
