-- expect: trap:memory ENOMEM "arena is exhausted"
-- handler: fill
-- The writes are lost with the method that made them.
function fill()
	local b = bufferlist.new()
	b:append("lost")
	objclass.write_full(b)
	objclass.setxattr("kept", b)
	objclass.map_clear()
	return ("x"):rep(1 << 30)
end
objclass.register(fill)
