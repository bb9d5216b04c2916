-- expect: ok "contained"
-- handler: probe
-- calls: 3
-- What math.random gives tells nothing of what random_bytes gives, and no run draws what another one drew.
function probe(input, output)
	assert(objclass.drawn == nil)
	objclass.drawn = objclass.random_bytes(4096)
	local pieces = {}
	for i = 1, 4096 - 7 do pieces[objclass.drawn:sub(i, i + 7)] = true end
	math.randomseed()
	for _ = 1, 1000 do
		assert(not pieces[string.pack("j", math.random(0))])
		assert(not pieces[objclass.random_bytes(8)])
	end
	output:append("contained")
end
objclass.register(probe)
