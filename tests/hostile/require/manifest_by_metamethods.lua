-- expect: ok "contained"
-- class
-- handler: probe
-- Nothing of the script runs while its manifest is read.
local called
local function note() called = true error("called") end
objclass.manifest(setmetatable({doc = "x"}, {__index = note, __pairs = note, __len = note, __newindex = note, __tostring = note, __name = "\0"}))
function probe(input, output)
	assert(not called)
	output:append("contained")
end
objclass.register(probe)
