-- expect: trap:deadline ETIMEDOUT "eval:5: over 50 ms"
-- timeout: 50ms
-- handler: spin
function spin()
	while true do end
end
objclass.register(spin)
