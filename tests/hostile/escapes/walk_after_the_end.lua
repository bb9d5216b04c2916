-- expect: script EIO "the method has ended"
local steps = objclass.map_pairs()
error(setmetatable({}, {__tostring = function()
	local _, _, message = pcall(steps)
	return tostring(message)
end}))
