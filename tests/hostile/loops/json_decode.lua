-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local s = "[" .. ("[1.5],"):rep(200000) .. "0]"
while true do pcall(json.decode, s) end
