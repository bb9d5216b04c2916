-- expect: trap:deadline ETIMEDOUT ".lua:8: over 50 ms"
-- timeout: 50ms
-- class
-- handler: spin
-- calls: 2
function spin()
	pcall(function()
		while true do end
	end)
end
objclass.register(spin)
