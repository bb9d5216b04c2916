-- expect: op EPERM "read-only"
-- handler: probe
-- calls: 2
-- A handler that a call registers to write is registered to read in the next.
function other() objclass.write_full(bufferlist.new()) end
function probe()
	objclass.register(other, objclass.WR)
	other()
end
objclass.register(probe, objclass.RD)
