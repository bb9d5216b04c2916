-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local main, is_main = coroutine.running()
	assert(is_main and not coroutine.isyieldable() and coroutine.status(main) == "running")
	assert(not pcall(coroutine.yield) and not pcall(coroutine.close, main) and not coroutine.resume(main))
	local co = coroutine.wrap(function()
		assert(coroutine.status(main) == "normal")
		assert(not pcall(coroutine.close, main) and not coroutine.resume(main))
		assert(not pcall(coroutine.close, coroutine.running()))
		return coroutine.resume(coroutine.running())
	end)
	assert(co() == false)
	for _, wrong in ipairs{5, "x", {}, print} do
		assert(not pcall(coroutine.resume, wrong) and not pcall(coroutine.close, wrong) and not pcall(coroutine.status, wrong))
	end
	assert(not pcall(coroutine.wrap, 5) and not pcall(coroutine.create))
	output:append("contained")
end
objclass.register(probe)
