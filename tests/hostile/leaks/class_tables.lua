-- expect: ok "contained"
-- handler: probe
-- class
-- calls: 3
local cache = {}
for i = 1, 1000 do cache[i] = i end
function probe(input, output)
	assert(#cache == 1000 and cache[500] == 500)
	for i = 1, 1000 do cache[i] = nil end
	for i = 1, 10000 do cache["k" .. i] = i end
	setmetatable(cache, {__index = error})
	output:append("contained")
end
objclass.register(probe)
