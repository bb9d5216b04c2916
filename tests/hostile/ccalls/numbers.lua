-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local digits = ("9"):rep(4 << 20)
	assert(tonumber(digits) == math.huge)
	assert(math.type(tonumber(digits, 36)) == "integer")
	assert(tonumber("0x" .. ("f"):rep(1 << 20)) == -1)
	assert(tonumber(("1"):rep(190) .. "e-190"))
	assert(tonumber("1e" .. digits) == math.huge)
	assert(tonumber("0x1p" .. ("9"):rep(100)))
	output:append("contained")
end
objclass.register(probe)
