-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local first = true
load(function()
	if first then first = false return "--" end
	return "x"
end)
