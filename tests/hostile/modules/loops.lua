-- Ends when it is installed, and never when it is required: there register does nothing.
if pcall(objclass.register, 5) then
	while true do pcall(function() while true do end end) end
end
return true
