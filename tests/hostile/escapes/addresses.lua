-- expect: ok "contained"
-- handler: probe
-- No text tells where in memory something lies. What has a place in the arena may tell that: it is a small number.
function probe(input, output)
	local _, failure = xpcall(objclass.getxattr, function(e) return e end, "none")
	local values = {{}, print, probe, coroutine.create(print), input, failure, setmetatable({}, {__name = "name"}), coroutine.running()}
	local function check(text)
		for digits in text:gmatch("0x(%x+)") do assert(#digits <= 6, text) end
		for digits in text:gmatch("%x+") do assert(#digits <= 8 or tonumber(digits, 16) == nil, text) end
	end
	for _, value in ipairs(values) do
		check(tostring(value))
		check(string.format("%s %-20s %10.40s", value, value, value))
		check(objclass.log("x", value))
		check(select(2, pcall(error, tostring(value))))
		for _, f in ipairs{
			function() return value + 1 end, function() return value < 1 end, function() return value .. {} end, function() return -value end,
			function() return ("x"):rep(value) end, function() return #value .. "" .. value end, function() return table.concat({value}) end,
			function() return math.floor(value) end, function() return string.format("%d", value) end, function() return failure .. value end,
			function() return value .. failure end, function() for i = value, 1 do end end, function() return string.format("%q", value) end,
			function() return tostring(failure) .. tostring(value) end, function() setmetatable(value, value) end,
		} do
			local _, message = pcall(f)
			if type(message) == "string" then check(message) end
		end
	end
	assert(not pcall(string.format, "%p", {}))
	output:append("contained")
end
objclass.register(probe)
