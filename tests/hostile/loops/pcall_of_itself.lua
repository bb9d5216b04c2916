-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local function again()
	while true do pcall(again) end
end
again()
