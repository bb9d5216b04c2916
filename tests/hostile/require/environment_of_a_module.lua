-- expect: ok "contained"
-- class
-- handler: probe
-- Whoever holds the globals of a module can do no more than the module.
local reaches = require "reaches"
function probe(input, output)
	local env = reaches.environment
	assert(env ~= _G and env.string == string and rawget(env, "string") == nil)
	assert(getmetatable(env) == false and not pcall(setmetatable, env, {}))
	assert(reaches.objclass ~= objclass and reaches.objclass.read == objclass.read)
	assert(getmetatable(reaches.objclass) == false and not pcall(setmetatable, reaches.objclass, {}))
	assert(reaches.objclass.register(5) == nil and reaches.objclass.manifest(5) == nil)
	assert(not pcall(reaches.require, "nosuch"))
	for _, name in ipairs{"debug", "io", "os", "package"} do assert(env[name] == nil) end
	env.probe, env.string = nil, nil
	assert(string.rep)
	output:append("contained")
end
objclass.register(probe)
