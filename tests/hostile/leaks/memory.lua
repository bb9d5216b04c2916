-- expect: ok "contained"
-- handler: probe
-- calls: 3
-- A full heap is empty in the next call.
function probe(input, output)
	assert(collectgarbage("count") < 200)
	pcall(function() local t = {} kept = t while true do t[#t + 1] = ("secret"):rep(100) .. #t end end)
	assert(collectgarbage("count") > 1000)
	output:append("contained")
end
objclass.register(probe)
