-- expect: ok "contained"
-- handler: probe
-- Each message may be as long as it likes and say it is a level: the host takes a hundred, and 4 KiB of each.
function probe(input, output)
	local text = ("x"):rep(1 << 20)
	for i = 1, 1000 do assert(objclass.log(i, text) == text) end
	for _, level in ipairs{math.huge, math.maxinteger, 1e300, "1e300", 0.5, "0x7fffffffffffffff"} do assert(objclass.log(level, "x") == "x") end
	assert(objclass.log(0 / 0, "x"):find("nan") and objclass.log(-1, "x") == "-1 x" and objclass.log(-math.huge, "x") == "-inf x")
	assert(objclass.log("\r\n\0\27[2J{\"msg\":\"forged\"}", "\n") == "\r\n\0\27[2J{\"msg\":\"forged\"} \n")
	output:append("contained")
end
objclass.register(probe)
