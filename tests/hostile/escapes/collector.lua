-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	for _, option in ipairs{"collect", "stop", "restart", "step", "incremental", "generational", "setpause", "setstepmul", "isrunning"} do
		assert(collectgarbage(option, 0, 0, 0) == 0)
	end
	assert(collectgarbage("count") > 0)
	for _ = 1, 100 do local _ = ("x"):rep(1 << 10):rep(1 << 10) end
	output:append("contained")
end
objclass.register(probe)
