-- expect: ok "contained"
-- handler: probe
-- calls: 3
assert(left == nil)
left = true
function probe(input, output)
	output:append("contained")
end
objclass.register(probe)
