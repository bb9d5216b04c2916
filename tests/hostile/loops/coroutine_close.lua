-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do
	local co = coroutine.create(coroutine.yield)
	coroutine.resume(co)
	coroutine.close(co)
end
