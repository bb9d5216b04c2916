-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local code = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8"
	local function refused(reader, mode)
		local f, message = load(reader, "n", mode)
		assert(f == nil and message:find("attempt to load a binary chunk", 1, true), message)
	end
	for _, mode in ipairs{"b", "bt", false} do
		local at = 0
		refused(function() at = at + 1 return code:sub(at, at) end, mode or nil)
		refused(coroutine.wrap(function() for i = 1, #code do coroutine.yield(code:sub(i, i)) end end), mode or nil)
	end
	-- A number is a string to the reader, and nothing is the end.
	assert(load(function() return nil end))
	local first = true
	assert(load(function() if first then first = false return 5 end end) == nil)
	assert(load(function() return {} end) == nil and load(function() return print end) == nil)
	-- Behind a first line, a mark of the byte order or text it is no bytecode, but not Lua either.
	for _, head in ipairs{"#\n", "\xEF\xBB\xBF", " ", "return ", "--\n"} do assert(load(head .. code, "n", "b") == nil) end
	output:append("contained")
end
objclass.register(probe)
