-- expect: ok "contained"
-- handler: probe
-- Methods called by hand, with everything that is no bufferlist.
function probe(input, output)
	local str, append = input.str, input.append
	local _, failure = xpcall(objclass.getxattr, function(e) return e end, "none")
	for _, wrong in ipairs{5, "text", {}, print, coroutine.create(print), failure, true, setmetatable({}, {__index = input, __name = "bufferlist"})} do
		assert(not pcall(str, wrong) and not pcall(append, wrong, "x"))
		if type(wrong) ~= "string" then assert(not pcall(append, output, wrong)) end
		assert(not pcall(function() return output < wrong end) and not pcall(function() return wrong <= output end))
		if type(wrong) ~= "userdata" then assert(output ~= wrong) end
		for _, f in ipairs{"write_full", "map_write_header"} do assert(not pcall(objclass[f], wrong)) end
		assert(not pcall(objclass.setxattr, "kept", wrong) and not pcall(objclass.map_set_val, "kept", wrong) and not pcall(objclass.write, 0, 0, wrong))
	end
	assert(not pcall(str) and not pcall(append) and not pcall(append, output))
	assert(not pcall(function() return output .. {} end) and not pcall(function() return output .. 5 end))
	assert(not pcall(function() return failure.str(output) .. "" end))
	assert(#output == 0)
	output:append("contained")
end
objclass.register(probe)
