-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	for round = 0, 4 do
		local pairs_of_round = {}
		for i = 1, 10000 do pairs_of_round[round * 10000 + i] = "v" end
		objclass.map_set_vals(pairs_of_round)
	end
	assert(objclass.map_get_val("50000"):str() == "v")
	output:append("contained")
end
objclass.register(probe)
