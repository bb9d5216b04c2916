if pcall(objclass.register, 5) then
	local all = {}
	while true do all[#all + 1] = ("x"):rep(1 << 16) .. #all end
end
return true
