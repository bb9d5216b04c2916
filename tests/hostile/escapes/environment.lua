-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local own = {}
	assert(not pcall(load("x.y = 1", "n", "t", nil)))
	assert(load("_ENV = {} return x", "n", "t", own)() == nil)
	assert(not pcall(load("local _ENV = nil return x")))
	assert(not pcall(load("local _ENV = 5 x = 1")))
	assert(load("return _ENV", "n", "t", own)() == own)
	assert(load("local _ENV <const> = {y = 7} return y")() == 7)
	local env = setmetatable({}, {__index = _G, __newindex = function(_, k, v) rawset(own, k, v) end})
	load("string = 5 escaped = true", "n", "t", env)()
	assert(own.string == 5 and own.escaped and string.rep and not rawget(_G, "escaped"))
	do
		local _ENV = {assert = assert}
		assert(string == nil and objclass == nil)
	end
	output:append("contained")
end
objclass.register(probe)
