-- expect: ok "contained"
-- handler: probe
-- A metamethod resumes the coroutine that waits for it, with so many arguments that its stack would have to grow.
function probe(input, output)
	local function run(n)
		local me, arguments, keep = coroutine.running(), {}, nil
		local t = setmetatable({}, {__concat = function()
			assert(not coroutine.resume(me, table.unpack(arguments, 1, n)))
			keep = {}
			for i = 1, 400 do keep[i] = string.rep(string.pack("<i8i8", 7777, 3), 4 + i) end
			return "R"
		end})
		return "a" .. "b" .. t .. "c"
	end
	for depth = 0, 200 do
		local joined = coroutine.wrap(run)(1000 + depth * 50)
		assert(joined == "abR", depth)
	end
	output:append("contained")
end
objclass.register(probe)
