-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do objclass.log(0, "flood") end
