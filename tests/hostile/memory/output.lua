-- expect: trap:memory ENOMEM "arena is exhausted"
-- handler: fill
function fill(input, output)
	output:append("x")
	while true do output:append(output) end
end
objclass.register(fill)
