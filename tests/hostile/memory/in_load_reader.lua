-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local f, message = load(function() return ("x"):rep(1 << 30) end)
	assert(f == nil and message == "not enough memory")
	output:append("contained")
end
objclass.register(probe)
