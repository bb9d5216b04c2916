-- expect: script EIO "C stack overflow"
-- Thousands of values, each of which asks the one before for its text.
local last = "end"
for _ = 1, 5000 do
	local before = last
	last = setmetatable({}, {__tostring = function() return tostring(before) end})
end
return tostring(last)
