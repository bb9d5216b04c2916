-- expect: ok "contained"
-- handler: probe
-- A script that is sent with a call has neither modules nor a manifest.
function probe(input, output)
	local ok, message = pcall(require, "plain")
	assert(not ok and message:find("has no modules", 1, true), message)
	ok, message = pcall(objclass.manifest, {})
	assert(not ok and message:find("while a class is loaded", 1, true), message)
	output:append("contained")
end
objclass.register(probe)
