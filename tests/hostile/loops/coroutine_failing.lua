-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do
	coroutine.resume(coroutine.create(error), "failed")
	pcall(coroutine.wrap(error), "failed")
end
