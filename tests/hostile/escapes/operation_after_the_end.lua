-- expect: script EIO "after the end: false -1"
-- handler: probe
-- A method that has failed can do nothing more to its object, though its error's text is made by the script.
function probe()
	error(setmetatable({}, {__tostring = function()
		local ok, code = pcall(objclass.setxattr, "kept", bufferlist.new())
		return "after the end: " .. tostring(ok) .. " " .. tostring(code)
	end}))
end
objclass.register(probe)
