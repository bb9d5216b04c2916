-- expect: ok "contained"
-- handler: probe
-- writes
function probe(input, output)
	local values = {}
	for i = 1, 500 do values[("key%03d"):format(i)] = "value" end
	objclass.map_set_vals(values)
	local steps, count = objclass.map_pairs("", "key"), 0
	for key in steps do
		count = count + 1
		if key == "key100" then objclass.remove() end
	end
	assert(count == 100 and steps() == nil)
	assert(not pcall(objclass.stat))
	for key in objclass.map_pairs() do error(key) end
	objclass.map_set_vals({key099 = "no", key101 = "again"})
	assert(steps() == "key101" and steps() == nil)
	objclass.map_clear()
	objclass.map_set_vals(values)
	count = 0
	for key in objclass.map_pairs() do count = count + 1 if count == 200 then objclass.map_clear() end end
	assert(count == 200)
	output:append("contained")
end
objclass.register(probe)
