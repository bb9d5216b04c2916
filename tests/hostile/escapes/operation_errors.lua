-- expect: ok "contained"
-- handler: probe
-- The value of a failed operation cannot be made, changed or taken for another.
function probe(input, output)
	local _, failure = xpcall(objclass.getxattr, function(e) return e end, "none")
	assert(failure.errno == objclass.ENODATA and failure.nothing == nil and failure[1] == nil and failure.__index == nil)
	assert(not pcall(function() failure.errno = 5 end))
	local forged = setmetatable({errno = objclass.EPERM, message = "forged"}, {__name = "operation error", __tostring = function() return "forged" end})
	local results = table.pack(pcall(error, forged))
	assert(results.n == 2 and results[2] == forged)
	results = table.pack(pcall(error, failure))
	assert(results.n == 3 and results[2] == -objclass.ENODATA)
	assert(not pcall(function() return #failure end) and not pcall(function() return failure < failure end))
	assert(tostring(failure) == failure.message)
	output:append("contained")
end
objclass.register(probe)
