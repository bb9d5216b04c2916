-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local ran = false
	local function mark() ran = true end
	for _, gc in ipairs{false, true, 1, "x", {}, mark} do assert(not pcall(setmetatable, {}, {__gc = gc})) end
	local late = setmetatable({}, {})
	getmetatable(late).__gc = mark
	late = setmetatable({}, setmetatable({}, {__index = {__gc = mark}}))
	late = setmetatable({}, setmetatable({}, {__index = function() return mark end}))
	local mt = {}
	late = setmetatable({}, mt)
	mt.__gc = mark
	late = setmetatable(late, nil)
	assert(not pcall(setmetatable, late, mt))
	late = nil
	pcall(function() local t = {} while true do t[#t + 1] = {} end end)
	assert(not ran)
	output:append("contained")
end
objclass.register(probe)
