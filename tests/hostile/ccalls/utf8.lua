-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local s = ("\u{10FFFF}"):rep(1 << 18)
	assert(utf8.len(s) == 1 << 18)
	assert(utf8.offset(s, 1 << 60) == nil and utf8.offset(s, -(1 << 60)) == nil)
	assert(utf8.len(("\x80"):rep(1 << 20)) == nil)
	assert(not pcall(utf8.len, s, math.mininteger) and not pcall(utf8.len, s, 1, math.maxinteger))
	assert(not pcall(utf8.char, 1 << 40) and not pcall(utf8.char, -1))
	assert(not pcall(function() for _ in utf8.codes("\xff\xff") do end end))
	assert(#utf8.char(0x7FFFFFFF) == 6 and utf8.codepoint(utf8.char(0x7FFFFFFF), 1, 1, true) == 0x7FFFFFFF)
	output:append("contained")
end
objclass.register(probe)
