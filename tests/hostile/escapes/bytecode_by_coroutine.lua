-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local code = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8"
	for _, call in ipairs{
		function() return coroutine.wrap(load)(code, "n", "b") end,
		function() return select(2, pcall(load, code, "n", "b")) end,
		function() return table.unpack({load(code, "n", "b")}) end,
		function() return (("x"):gsub("x", function() return load(code, "n", "b") end)) end,
		function() return select(2, xpcall(load, print, code, "n", "b")) end,
		function() return setmetatable({}, {__index = function() return load(code, "n", "b") end}).x end,
	} do
		local f = call()
		assert(type(f) ~= "function", type(f))
	end
	output:append("contained")
end
objclass.register(probe)
