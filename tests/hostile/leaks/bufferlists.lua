-- expect: ok "contained"
-- handler: probe
-- calls: 3
-- input: 1000
-- Input and output lie in the image: what a call did to them, or kept of them, is gone.
function probe(input, output)
	assert(#input == 1000 and input:str() == ("x"):rep(1000) and #output == 0 and kept == nil)
	kept = {input, output, objclass.read(0, 0)}
	input:append("left")
	output:append("con")
	output:append("tained")
end
objclass.register(probe)
