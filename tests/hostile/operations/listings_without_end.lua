-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local t = {}
for i = 1, 10000 do t[i] = "v" end
objclass.map_set_vals(t)
while true do objclass.map_get_keys("", -1) objclass.map_get_vals("", "", -1) end
