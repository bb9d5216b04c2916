-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local version = objclass.current_version()
	assert(math.type(version) == "integer" and version >= 0)
	assert(objclass.current_subop_num(1, {}, print) == 0 and objclass.current_subop_version("x") == version .. ".0")
	output:append("contained")
end
objclass.register(probe)
