-- expect: ok "contained"
-- handler: probe
-- A hash under way is the host's: a script can make it only by hash.new, and reach its methods only.
function probe(input, output)
	local h = hash.new("sha256"):update("a")
	assert(not getmetatable(h) and not pcall(setmetatable, h, {}))
	assert(not pcall(rawset, h, 1, 1) and not pcall(function() h.state = 1 end) and not pcall(function() return #h end))
	local forged = setmetatable({}, {__name = "hash", __index = h})
	for _, v in ipairs{forged, input, {}, "sha256", 1, print, coroutine.create(print), select(2, xpcall(objclass.map_get_val, function(e) return e end, "no"))} do
		assert(select("#", pcall(h.update, v, "x")) == 2 and select("#", pcall(h.digest, v)) == 2)
	end
	for _, v in ipairs{h, {}, 5, true, print} do assert(not pcall(h.update, h, v) and not pcall(hash.sha256, v)) end
	for _, name in ipairs{"", "SHA256", "sha1", "md5", ("s"):rep(1 << 20)} do assert(not pcall(hash.new, name)) end
	for _, seed in ipairs{-1, 1 << 32, math.mininteger, 0.5, "x", {}} do assert(not pcall(hash.crc32c, "", seed) and not pcall(hash.new, "crc32c", seed)) end
	assert(h:digest() == hash.sha256("a"))
	-- A function of the library may be replaced, in this run only.
	hash.sha256 = nil
	output:append("contained")
end
objclass.register(probe)
