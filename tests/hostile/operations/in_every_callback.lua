-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local count = 0
	local function look()
		assert(objclass.read(0, 0):str() == "sentinel")
		count = count + 1
	end
	table.sort({2, 1}, look)
	;("x"):gsub("x", look)
	load(look)
	local t = setmetatable({}, {__index = look, __newindex = look, __len = look, __call = look, __unm = look, __concat = look, __tostring = function() look() return "" end})
	local _ = t.x, #t, t(), -t, t .. t, tostring(t), string.format("%s", t)
	t.x = 1
	print(t)
	xpcall(error, look)
	for _ in look do end
	coroutine.wrap(look)()
	assert(count >= 14, count)
	output:append("contained")
end
objclass.register(probe)
