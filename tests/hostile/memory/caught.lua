-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local ok, message = pcall(string.rep, "x", 1 << 30)
	assert(not ok and message == "not enough memory")
	local co = coroutine.create(string.rep)
	ok, message = coroutine.resume(co, "x", 1 << 30)
	assert(not ok and message == "not enough memory" and coroutine.status(co) == "dead")
	ok, message = pcall(coroutine.wrap(string.rep), "x", 1 << 30)
	assert(not ok and message == "not enough memory")
	ok, message = xpcall(string.rep, function(m) return m .. "!" end, "x", 1 << 30)
	assert(not ok and message == "not enough memory!")
	output:append("contained")
end
objclass.register(probe)
