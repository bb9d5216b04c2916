-- Its error is a value that is never done saying what it is.
if pcall(objclass.register, 5) then
	error(setmetatable({}, {__tostring = function() while true do end end}))
end
return true
