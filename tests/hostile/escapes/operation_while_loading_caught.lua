-- expect: ok "contained"
-- handler: probe
-- class
-- What one call saw of an object must not become part of the image.
local codes = {}
for _, f in ipairs{
	function() objclass.read(0, 0) end, function() objclass.stat() end, function() objclass.current_version() end,
	function() coroutine.wrap(objclass.getxattrs)() end, function() ("x"):gsub("x", function() objclass.map_get_keys("", -1) end) end,
} do
	codes[#codes + 1] = select(2, pcall(f))
end
function probe(input, output)
	assert(#codes == 5)
	for _, code in ipairs(codes) do assert(code == -objclass.EPERM) end
	assert(objclass.read(0, 0):str() == "sentinel")
	output:append("contained")
end
objclass.register(probe)
