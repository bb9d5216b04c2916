-- expect: script EIO "method '__gc'"
-- handler: probe
function probe(input)
	input:__gc()
	return #input
end
objclass.register(probe)
