-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	for _, name in ipairs{"@/etc/passwd", "=stdin", "=\r\n-OK", "@" .. ("n"):rep(1 << 20), "=" .. ("n"):rep(1 << 20), "\0", "", "=\27[2J"} do
		local ok, message = pcall(load("error('x')", name))
		assert(not ok and #message < 100, message)
		assert(load("x = = 1", name) == nil)
	end
	output:append("contained")
end
objclass.register(probe)
