-- expect: ok "contained"
-- handler: probe
-- calls: 3
-- The methods of strings are a table that scripts can change.
function probe(input, output)
	assert(("x").left == nil)
	string.left = function() return "left" end
	assert(("x"):left() == "left")
	string.len, string.sub, string.format = nil, nil, nil
	output:append("contained")
end
objclass.register(probe)
