-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
for i = 1, math.huge do
	objclass.map_remove_range(("%09d"):format(2 * i), ("%09d"):format(2 * i + 1))
	if i % 1000 == 0 then objclass.map_get_keys("", 1) end
end
