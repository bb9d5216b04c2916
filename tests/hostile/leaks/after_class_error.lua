-- expect: script EIO "over there"
-- class
-- handler: probe
-- calls: 3
local left = 0
function probe()
	assert(left == 0, "something was left")
	left = left + 1
	error("over there")
end
objclass.register(probe)
