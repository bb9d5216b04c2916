-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
objclass.truncate(128 << 20)
while true do
	for i = 0, 100000 do objclass.zero(2 * i, 1) end
	objclass.zero(0, 128 << 20)
end
