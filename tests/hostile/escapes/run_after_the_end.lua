-- expect: script EIO "4 refused"
-- handler: probe
-- The text of an error is made when the method has ended: then there is nothing to be known of it.
function probe()
	local asked = 0
	error(setmetatable({}, {__tostring = function()
		for _, name in ipairs{"now", "object", "caller"} do
			local ok, errno = pcall(objclass[name])
			if not ok and errno == -objclass.EPERM then asked = asked + 1 end
		end
		local ok, errno = pcall(objclass.random_bytes, 1)
		if not ok and errno == -objclass.EPERM then asked = asked + 1 end
		return asked .. " refused"
	end}))
end
objclass.register(probe)
