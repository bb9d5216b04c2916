-- expect: ok "registered"
-- class
-- handler: f
-- calls: 2
-- A method is the function that was registered, whatever a call makes of its name.
function f(input, output)
	f = function() error("replaced") end
	_G.f = nil
	output:append("registered")
end
objclass.register(f)
