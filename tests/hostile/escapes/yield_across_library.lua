-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	for _, f in ipairs{
		function() table.sort({1, 2, 3}, coroutine.yield) end,
		function() ("x"):gsub("x", coroutine.yield) end,
		function() assert(load(coroutine.yield)) end,
		function() tostring(setmetatable({}, {__tostring = coroutine.yield})) end,
		function() table.concat(setmetatable({}, {__index = coroutine.yield, __len = function() return 5 end})) end,
		function() print(setmetatable({}, {__tostring = coroutine.yield})) end,
	} do
		local ok, message = coroutine.resume(coroutine.create(f))
		assert(not ok and message:find("attempt to yield across a C-call boundary", 1, true), message)
	end
	for _, f in ipairs{
		function() return setmetatable({}, {__index = coroutine.yield}).x end, function() pcall(coroutine.yield) end,
		function() for _ in coroutine.yield do end end, function() xpcall(error, coroutine.yield) end,
	} do
		local co = coroutine.create(f)
		assert(coroutine.resume(co) and coroutine.status(co) == "suspended" and coroutine.close(co))
	end
	output:append("contained")
end
objclass.register(probe)
