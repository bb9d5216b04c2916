-- expect: ok "contained"
-- handler: probe
-- What was freed in one size serves every other.
function probe(input, output)
	local function fill(make)
		local t, n = {}, 0
		pcall(function() while true do n = n + 1 t[n] = make(n) end end)
		return n
	end
	local makers = {
		function() return {} end,
		function(i) return ("x"):rep(100) .. i end,
		function(i) return ("y"):rep(10000) .. i end,
		function(i) return ("z"):rep(1000000) .. i end,
		function() return coroutine.create(print) end,
		function(i) return function() return i end end,
		function() return bufferlist.new() end,
	}
	local first = {}
	for round = 1, 2 do
		for i, make in ipairs(makers) do
			local n = fill(make)
			first[i] = first[i] or n
			assert(n > 0.5 * first[i], "in round 2 kind " .. i .. " fits " .. n .. " times, was " .. first[i])
		end
	end
	local s = ("x"):rep(1000)
	for _ = 1, 12 do s = s .. s end
	assert(#s == 1000 << 12)
	output:append("contained")
end
objclass.register(probe)
