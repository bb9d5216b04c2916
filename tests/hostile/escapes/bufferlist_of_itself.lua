-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local b = bufferlist.new()
	b:append(b)
	assert(#b == 0)
	b:append("ab")
	for _ = 1, 10 do b:append(b) end
	assert(b:str() == ("ab"):rep(1024) and (b .. b) == (b .. b:str()) and b == b)
	local lent = objclass.read(0, 0)
	lent:append(lent)
	assert(lent:str() == "sentinelsentinel" and objclass.read(0, 0):str() == "sentinel")
	output:append("contained")
end
objclass.register(probe)
