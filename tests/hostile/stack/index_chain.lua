-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local t = {}
	for _ = 1, 10000 do t = setmetatable({}, {__index = t, __newindex = t}) end
	local ok, message = pcall(function() return t.x end)
	assert(not ok and message:find("'__index' chain too long", 1, true))
	ok, message = pcall(function() t.x = 1 end)
	assert(not ok and message:find("'__newindex' chain too long", 1, true))
	local own = {}
	own.__index = own
	assert(not pcall(function() return setmetatable(own, own).x end))
	output:append("contained")
end
objclass.register(probe)
