-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	for _, pattern in ipairs{"[", "[^", "[a", "[%", "%", "(", "x).", "(()", "%1", "%b", "%bx", "%f", "%f[", "(%1)", ("("):rep(40), "[a-", "\0["} do
		assert(not pcall(string.find, "text\0", pattern), pattern)
	end
	assert(("a\0b"):find("%z") == 2 and ("x"):find("[]]") == nil and ("x-"):find("[a-]") == 2)
	assert(("x"):find("", 10) == nil and ("x"):find("", math.mininteger) == 1)
	output:append("contained")
end
objclass.register(probe)
