-- expect: script EIO "out"
-- handler: fails
function fails()
	xpcall(error, function() error("again") end)
	xpcall(error, function() objclass.remove(5, 5) error("again") end)
	error("out")
end
objclass.register(fails)
