-- expect: ok "contained"
-- class
-- handler: probe
-- A method has what was loaded, and nothing loads more, whoever's require it is.
local reaches = require "reaches"
local saved = require
function probe(input, output)
	assert(saved "reaches" == reaches and require "reaches" == reaches)
	for _, load_it in ipairs{require, saved, reaches.require, coroutine.wrap(require)} do
		local ok, message = pcall(load_it, "plain")
		assert(not ok and message:find("it was not required while the class was loaded", 1, true), message)
	end
	for _, name in ipairs{"", "\0", "reaches\0", "../plain", ("x"):rep(100000), "\xff\n"} do assert(not pcall(require, name)) end
	for _, name in ipairs{{}, print, true, 1.5} do assert(not pcall(require, name)) end
	output:append("contained")
end
objclass.register(probe)
