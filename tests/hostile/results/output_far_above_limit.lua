-- expect: op EMSGSIZE "output of 4194304 bytes is over the limit of 1048576"
-- handler: f
function f(input, output)
	output:append(("x"):rep(1 << 20))
	for _ = 1, 2 do output:append(output) end
end
objclass.register(f)
