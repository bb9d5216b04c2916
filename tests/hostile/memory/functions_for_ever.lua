-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local t = {}
while true do t[#t + 1] = load("return " .. #t .. ", 'text', {1, 2, 3}") end
