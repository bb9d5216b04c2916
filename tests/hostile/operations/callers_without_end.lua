-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do pcall(objclass.caller) pcall(objclass.object) pcall(objclass.now) end
