-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local t = {}
for i = 1, 20000 do t[tostring(i * 7919)] = {i} end
while true do pcall(json.encode, t) end
