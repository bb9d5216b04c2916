-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local t, more = objclass.map_get_keys("", 1)
	assert(t.kept and more == false)
	assert(next(objclass.map_get_keys("", 1)) == "kept" and next(objclass.map_get_keys("kept", 1)) == nil)
	assert(next(t, true) == "kept" and next(t, false) == "kept" and next(t, nil) == "kept" and next(t, "kept") == nil)
	for _, bad in ipairs{{}, objclass, getmetatable(t), "text", 5} do assert(not pcall(next, bad, true)) end
	assert(not pcall(next) and not pcall(next, nil, true) and not pcall(next, t, 1))
	-- a listing whose order was forged is still only a table
	for _, forged in ipairs{{1, 2}, {"kept", "kept"}, {{}, print, 0/0, true}, {t}} do
		local listing = objclass.map_get_vals("", "", -1)
		local mt = getmetatable(listing)
		mt[1] = nil
		for i, key in ipairs(forged) do mt[i] = key end
		for key, value in pairs(listing) do assert(key == "kept" and value:str() == "sentinel") end
	end
	local step = pairs(t)
	assert(step(print, {}) == "kept" and step() == nil and step() == nil and coroutine.wrap(pairs(t))() == "kept")
	output:append("contained")
end
objclass.register(probe)
