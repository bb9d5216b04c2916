-- expect: ok "contained"
-- handler: probe
-- By every mode, and by every way to say it.
function probe(input, output)
	local code = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8\x78\x56\0\0\0\0\0\0\0\0\0\0\0\x28\x77\x40\1\x80\x80\x80\0\1\2\x81\x46\0\1\1"
	local function refused(...)
		local f, message = load(...)
		assert(f == nil and message:find("attempt to load a binary chunk", 1, true), message)
	end
	refused(code)
	for _, mode in ipairs{"b", "bt", "tb", "t", "", "x", "bbbb", "b\0t", 5, {}, true, print} do refused(code, "n", mode) end
	refused(code, "n", setmetatable({}, {__tostring = function() return "b" end}))
	refused(code, "n", nil, {})
	refused(code, "=n", "b", _G)
	refused("\27")
	refused("\27Lua")
	refused(code .. ("\0"):rep(100000))
	output:append("contained")
end
objclass.register(probe)
