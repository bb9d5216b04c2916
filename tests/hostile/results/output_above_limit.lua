-- expect: op EMSGSIZE "output of 1048577 bytes is over the limit of 1048576"
-- handler: f
function f(input, output)
	output:append(("x"):rep(1 << 20))
	output:append("x")
end
objclass.register(f)
