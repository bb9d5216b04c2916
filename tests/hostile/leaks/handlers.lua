-- expect: ok "contained"
-- handler: probe
-- calls: 3
function probe(input, output)
	assert(left == nil)
	objclass.register(function() end)
	left = function() end
	objclass.register(left)
	output:append("contained")
end
objclass.register(probe)
