-- expect: ok "contained"
-- handler: probe
-- A script that replaces what the engine could call by name harms itself alone.
function probe(input, output)
	local assert = assert
	for _, name in ipairs{"error", "pcall", "tostring", "type", "print", "next", "pairs", "load", "_VERSION"} do _G[name] = nil end
	objclass.log, objclass.read, objclass.register = nil, nil, nil
	bufferlist.new = nil
	string, table, math, coroutine, utf8 = nil, nil, nil, nil, nil
	assert(("x"):rep(3) == "xxx" and #output == 0)
	setmetatable(_G, {__index = function() return nil end, __newindex = function() end})
	output:append("contained")
end
objclass.register(probe)
