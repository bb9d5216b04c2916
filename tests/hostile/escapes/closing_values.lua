-- expect: ok "contained"
-- handler: probe
-- A loop that break leaves keeps its closing value in a list, through which the next one writes behind the stack.
function probe(input, output)
	local function attack()
		local closing = setmetatable({}, {__close = function() end})
		for _ in next, {1}, nil, closing do break end
		local x <close> = closing
	end
	for _ = 1, 100 do
		local ok, message = pcall(attack)
		assert(not ok and message:find("got a non-closable value", 1, true))
	end
	for _, name in ipairs{"__close", "__cl" .. "ose", table.concat({"__", "close"}), ("esolc__"):reverse(), string.char(95, 95, 99, 108, 111, 115, 101)} do
		assert(not pcall(function() local x <close> = setmetatable({}, {[name] = print}) end))
	end
	for _, f in ipairs{input, output} do assert(not pcall(function() local x <close> = f end)) end
	local x <close> = nil
	local y <close> = false
	output:append("contained")
end
objclass.register(probe)
