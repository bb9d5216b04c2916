-- expect: ok "contained"
-- handler: probe
-- What a script does to a table that it was given is not seen by who asks again.
function probe(input, output)
	for _, ask in ipairs{objclass.object, objclass.caller} do
		local t = ask()
		for name in pairs(t) do t[name] = "forged" end
		setmetatable(t, {__index = error})
		for name, value in pairs(ask()) do assert(type(value) == "string" and value ~= "forged") end
		assert(getmetatable(ask()) == nil and next(ask()))
	end
	local function forge() objclass.caller = function() return {client = "nobody"} end end
	forge()
	assert(objclass.caller().client == "nobody") -- in this run only: see leaks/libraries
	output:append("contained")
end
objclass.register(probe)
