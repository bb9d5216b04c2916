-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	assert(not pcall(string.pack, "i17", 1) and not pcall(string.pack, "i0", 1) and not pcall(string.pack, "i" .. ("9"):rep(1000), 1))
	assert(not pcall(string.pack, "!3 i4", 1) and not pcall(string.pack, "Xz") and not pcall(string.pack, "c"))
	assert(not pcall(string.pack, "s1", ("x"):rep(256)) and not pcall(string.pack, "i1", 1 << 40))
	assert(not pcall(string.pack, "z", "a\0b") and not pcall(string.pack, "c2", "abc"))
	assert(not pcall(string.unpack, "s8", ("\xff"):rep(16)) and not pcall(string.unpack, "z", "abc"))
	assert(not pcall(string.unpack, "i16", ("\xff"):rep(8) .. ("\1"):rep(8)))
	assert(not pcall(string.unpack, "i4", "abcd", math.maxinteger))
	assert(not pcall(string.unpack, "c2147483647", "abc"))
	assert(not pcall(string.packsize, "s") and not pcall(string.packsize, ("c2147483647"):rep(2)))
	assert(string.packsize("!16 b Xi16") == 16)
	assert(not pcall(string.unpack, ("b"):rep(1 << 20), ("x"):rep(1 << 20)))
	output:append("contained")
end
objclass.register(probe)
