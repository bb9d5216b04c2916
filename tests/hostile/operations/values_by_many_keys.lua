-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local t = {}
for i = 1, 1 << 17 do t[i] = "none" end
while true do objclass.map_get_vals_by_keys(t) end
