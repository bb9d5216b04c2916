-- expect: ok "contained"
-- handler: probe
-- calls: 3
-- The table of short strings is put back: what was interned is not there, and what grew it has its old size.
function probe(input, output)
	local before = collectgarbage("count")
	assert(before < 200)
	for i = 1, 100000 do local _ = "short" .. i end
	for i = 1, 1000 do _G["s" .. i] = "kept" .. i end
	output:append("contained")
end
objclass.register(probe)
