-- expect: ok "contained"
-- handler: f
function f(input, output)
	coroutine.wrap(function(o)
		o:append("con")
		coroutine.wrap(o.append)(o, "tained")
		assert(not pcall(o.append, o, {}))
	end)(output)
end
objclass.register(f)
