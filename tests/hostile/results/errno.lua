-- expect: op ENOENT
-- handler: f
function f(input, output)
	output:append("not to be seen")
	return -2
end
objclass.register(f)
