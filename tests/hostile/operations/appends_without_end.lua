-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local b = bufferlist.new()
b:append("x")
while true do objclass.append(b) objclass.truncate(0) end
