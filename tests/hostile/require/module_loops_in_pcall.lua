-- expect: trap:deadline ETIMEDOUT "over"
-- timeout: 50ms
-- class
while true do pcall(require, "loops") end
