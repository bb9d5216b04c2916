-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
for round = 1, math.huge do
	local t = {}
	for i = 1, 10000 do t[round * 10000 + i] = "" end
	objclass.map_set_vals(t)
	for i = 1, 10000 do objclass.map_remove_key(tostring(round * 10000 + i)) end
	pcall(objclass.map_get_keys, "", 1)
end
