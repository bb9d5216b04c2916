-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	assert(not pcall(string.format, "%1000d", 1) and not pcall(string.format, "%.1000f", 1))
	assert(not pcall(string.format, ("%s"):rep(1000), 1) and not pcall(string.format, "%"))
	assert(not pcall(string.format, "%n", 1) and not pcall(string.format, "%s%n", 1, 2))
	assert(not pcall(string.format, "%p", {}) and not pcall(string.format, "%99p", print))
	assert(not pcall(string.format, "%q", {}) and not pcall(string.format, "%q", print))
	assert(#string.format("%99.99f", -1e308) == 410)
	assert(string.format("%q", math.mininteger) == "0x8000000000000000")
	assert(string.format("%q", 0 / 0) == "(0/0)" and string.format("%q", math.huge) == "1e9999")
	assert(#string.format("%s", ("x"):rep(4 << 20)) == 4 << 20)
	assert(not pcall(string.format, "%10s", "a\0b"))
	output:append("contained")
end
objclass.register(probe)
