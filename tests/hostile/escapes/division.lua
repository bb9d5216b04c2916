-- expect: ok "contained"
-- handler: probe
-- What raises SIGFPE in a processor.
function probe(input, output)
	assert(not pcall(function() return 1 // 0 end) and not pcall(function() return 1 % 0 end))
	local min, one = math.mininteger, -1
	assert(min // one == min and min % one == 0 and math.fmod(min, one) == 0)
	assert(not pcall(math.fmod, 1, 0) and 1 // 0.0 == math.huge and min * one == min and -min == min and math.abs(min) == min)
	assert(1 << 64 == 0 and 1 << -64 == 0 and 1 >> math.mininteger == 0 and 1 << math.maxinteger == 0)
	assert(not pcall(function() return 1 << 1.5 end) and not pcall(function() return 2^63 | 0 end))
	assert(math.tointeger(2^63) == nil and math.floor(1e300) == 1e300)
	local count = 0
	for _ = math.maxinteger - 1, math.maxinteger do count = count + 1 end
	for _ = math.mininteger + 1, math.mininteger, -1 do count = count + 1 end
	for _ = 1, 0 do count = count + 1 end
	for _ = 1, math.mininteger, math.mininteger do count = count + 1 if count > 10 then break end end
	assert(count == 6, count)
	assert(not pcall(function() for _ = 1, 2, 0 do end end) and not pcall(math.random, 0, math.mininteger))
	assert(math.random(math.mininteger, math.maxinteger) and math.random(0))
	output:append("contained")
end
objclass.register(probe)
