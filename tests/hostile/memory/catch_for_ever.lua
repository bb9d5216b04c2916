-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- Each time that memory runs out the script catches the error and goes on.
while true do
	pcall(function()
		local t = {}
		while true do t[#t + 1] = ("x"):rep(1000) .. #t end
	end)
end
