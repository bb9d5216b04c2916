-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local t = {}
for i = 1, 10000 do t[i] = "" end
objclass.map_set_vals(t)
while true do for key in pairs(objclass.map_get_keys("", -1)) do next(objclass.map_get_keys(key, 1)) end end
