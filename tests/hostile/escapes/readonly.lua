-- expect: ok "contained"
-- handler: probe
-- readonly
function probe(input, output)
	local b = bufferlist.new()
	for _, f in ipairs{
		function() objclass.create(false) end, function() objclass.remove() end, function() objclass.write(0, 0, b) end,
		function() objclass.write_full(b) end, function() objclass.setxattr("kept", b) end, function() objclass.map_clear() end,
		function() objclass.map_set_val("kept", b) end, function() objclass.map_set_vals({kept = ""}) end,
		function() objclass.map_remove_key("kept") end, function() objclass.map_write_header(b) end,
	} do
		local _, code = pcall(f)
		assert(code == -objclass.EPERM)
		_, code = pcall(coroutine.wrap(f))
		assert(code == -objclass.EPERM)
	end
	output:append("contained")
end
objclass.register(probe)
