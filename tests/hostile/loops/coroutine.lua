-- expect: trap:deadline ETIMEDOUT "eval:4: over 50 ms"
-- timeout: 50ms
local spin = coroutine.wrap(function()
	while true do end
end)
spin()
