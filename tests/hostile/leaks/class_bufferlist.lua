-- expect: ok "contained"
-- handler: probe
-- class
-- calls: 3
local kept = bufferlist.new()
kept:append("image")
function probe(input, output)
	assert(kept:str() == "image")
	kept:append(("left"):rep(100000))
	kept:append(input)
	output:append("contained")
end
objclass.register(probe)
