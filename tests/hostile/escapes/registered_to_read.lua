-- expect: op EPERM "the method is read-only"
-- handler: writes
function writes()
	objclass.register(function() end, objclass.RD | objclass.WR)
	objclass.write_full(bufferlist.new())
end
objclass.register(writes, objclass.RD)
