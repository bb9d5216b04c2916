-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	objclass.remove()
	objclass.create(true)
	local t = {}
	for i = 1, 5000 do t[i] = "v" end
	objclass.map_set_vals(t)
	local count = 0
	for _ in pairs(objclass.map_get_keys("", -1)) do count = count + 1 end
	assert(count == 5000)
	output:append("contained")
end
objclass.register(probe)
