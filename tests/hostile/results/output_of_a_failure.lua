-- expect: script EIO "after the output"
-- handler: f
function f(input, output)
	output:append(("x"):rep(1 << 20))
	error("after the output")
end
objclass.register(f)
