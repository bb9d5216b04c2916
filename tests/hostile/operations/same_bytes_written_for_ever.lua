-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- It costs a write set nothing, so the deadline ends it.
local b = bufferlist.new()
b:append("x")
while true do objclass.write(0, 1, b) objclass.setxattr("kept", b) objclass.map_set_val("kept", b) end
