-- expect: ok "contained"
-- handler: probe
-- Each operation with everything that it does not take: a Lua error, or that of an operation, and no change.
function probe(input, output)
	local wrong = {nil, true, {}, print, coroutine.create(print), 0.5, "text", -1, 1 << 62, setmetatable({}, {__index = function() return 1 end})}
	local count = 0
	for name, f in pairs(objclass) do
		if name ~= "register" and name ~= "log" and name ~= "remove" and name ~= "map_clear" and name ~= "map_remove_key" and
			name ~= "map_remove_range" and name ~= "rmxattr" then
			for i = 1, 10 do
				for j = 1, 10 do
					local results = table.pack(pcall(f, wrong[i], wrong[j], wrong[i], wrong[j]))
					assert(results[1] or results.n == 2 or results[2] < 0)
					count = count + 1
				end
			end
		end
	end
	assert(count > 1000)
	assert(objclass.read(0, 0):str() == "sentinel" and objclass.getxattr("kept"):str() == "sentinel")
	output:append("contained")
end
objclass.register(probe)
