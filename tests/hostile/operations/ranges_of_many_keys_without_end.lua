-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local t = {}
for i = 1, 5000 do t[i] = "" end
for round = 1, math.huge do
	for i = 1, 20 do
		local more = {}
		for key in pairs(t) do more[("%d %d %d"):format(round, i, key)] = "" end
		objclass.map_set_vals(more)
	end
	objclass.map_remove_range("", "kept")
end
