-- expect: op EFBIG "the listing is too large"
for round = 1, 20 do
	local t = {}
	for i = 1, 10000 do t[("key %d %d"):format(round, i)] = "" end
	objclass.map_set_vals(t)
end
objclass.map_get_keys("", -1)
