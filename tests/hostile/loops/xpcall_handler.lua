-- expect: trap:deadline ETIMEDOUT "eval:4: over 50 ms"
-- timeout: 50ms
xpcall(error, function()
	while true do end
end)
