-- expect: ok "contained"
-- handler: probe
-- class
-- calls: 3
-- A coroutine of the image is where it was, however often it was resumed.
local steps = coroutine.wrap(function()
	for i = 1, 10 do coroutine.yield(i) end
end)
assert(steps() == 1)
function probe(input, output)
	assert(steps() == 2 and steps() == 3)
	for _ = 4, 10 do steps() end
	steps()
	assert(not pcall(steps))
	output:append("contained")
end
objclass.register(probe)
