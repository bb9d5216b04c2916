-- expect: ok "contained"
-- handler: probe
-- input: 100000
-- The input is borrowed: what is appended to it must not reach the memory that it came from.
function probe(input, output)
	local text = input:str()
	assert(#text == 100000)
	input:append(("y"):rep(100000))
	input:append(input)
	assert(#input == 400000 and input:str():sub(1, 100000) == text)
	output:append("contained")
end
objclass.register(probe)
