-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local function refused(source) assert(load(source) == nil) end
	local t = {}
	for i = 1, 300 do t[i] = "v" .. i end
	refused("local " .. table.concat(t, ","))
	refused("return function(" .. table.concat(t, ",") .. ") end")
	refused("local a <const>, b <close>, c <close> = 1, nil, nil")
	refused("goto nowhere")
	refused("::a:: ::a::")
	refused("break")
	refused("for i = 1 do end")
	refused("local x <unknown> = 1")
	refused("x = '\\u{FFFFFFFFFF}'")
	refused("x = '\\999'")
	refused("x = [==[ unfinished")
	refused("--[[ unfinished")
	refused("x = 0x")
	refused("x = 1e")
	refused("return ...; return")
	assert(load("return f" .. ("(1)"):rep(10000)) and load("return t" .. ("[1]"):rep(10000)))
	assert(load("return 1" .. ("+1"):rep(10000))() == 10001)
	output:append("contained")
end
objclass.register(probe)
