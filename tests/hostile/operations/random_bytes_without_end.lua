-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do pcall(objclass.random_bytes, 65536) end
