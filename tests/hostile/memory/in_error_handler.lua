-- expect: script EIO "given up"
xpcall(error, function()
	local t = {}
	while true do t[#t + 1] = ("x"):rep(1000) .. #t end
end)
error("given up")
