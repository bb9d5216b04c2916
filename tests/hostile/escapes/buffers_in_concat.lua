-- expect: ok "contained"
-- handler: probe
-- Large buffers of the library are garbage when a chain of metamethods makes the collector run, at many depths of the stack.
function probe(input, output)
	local t = setmetatable({}, {__concat = function() return "R" end})
	local words = {}
	for i = 1, 2000 do words[i] = "x" end
	local function at(depth)
		if depth > 0 then return (at(depth - 1)) end
		local a = "a"
		for _ = 1, 30 do
			local joined = a .. t .. t .. t .. t .. t .. t .. t .. t .. a
			assert(joined == "aR")
		end
	end
	for _ = 1, 12 do
		for depth = 0, 60 do
			for _ = 1, 10 do
				table.concat(words)
				string.rep("yz", 1500)
			end
			coroutine.wrap(at)(depth)
		end
	end
	output:append("contained")
end
objclass.register(probe)
