-- expect: trap:deadline ETIMEDOUT "eval:5: over 50 ms"
-- timeout: 50ms
while true do
	pcall(coroutine.wrap(function()
		while true do end
	end))
end
