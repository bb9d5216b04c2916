-- expect: ok "contained"
-- handler: probe
-- writes
-- All pairs or none, whatever the table does while it is read.
function probe(input, output)
	local function fails(...)
		local _, code = pcall(objclass.map_set_vals, ...)
		assert(code == -objclass.EINVAL, tostring(code))
	end
	local good = {}
	for i = 1, 1000 do good["k" .. i] = "v" end
	for _, bad in ipairs{{}, true, 5, print, bufferlist.new(), coroutine.create(print)} do
		good.k500 = bad
		fails(good)
		assert(not pcall(objclass.map_get_val, "k1"))
	end
	for _, key in ipairs{true, {}, print} do fails({[key] = "v", k1 = "v"}) end
	assert(not pcall(objclass.map_set_vals) and not pcall(objclass.map_set_vals, "kept") and not pcall(objclass.map_set_vals, input))
	local empty = setmetatable({}, {__pairs = function() error("called") end, __index = function() return "v" end, __len = error})
	objclass.map_set_vals(empty)
	local count = 0
	for key, value in pairs(objclass.map_get_vals("", "", -1)) do
		count = count + 1
		assert(key == "kept" and value:str() == "sentinel")
	end
	assert(count == 1)
	output:append("contained")
end
objclass.register(probe)
