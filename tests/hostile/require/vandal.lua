-- expect: ok "contained"
-- class
-- handler: probe
-- calls: 3
-- What a module breaks is broken for its class, and for no other.
local append = bufferlist.new().append
require "vandal"
function probe(input, output)
	assert(string == nil and not pcall(function() return ("x"):rep(3) end))
	assert(objclass.read(0, 0))
	append(output, "contained")
end
objclass.register(probe)
