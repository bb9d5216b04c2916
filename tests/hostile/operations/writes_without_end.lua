-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local b = bufferlist.new()
while true do
	b:append("x")
	objclass.write_full(b)
end
