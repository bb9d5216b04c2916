-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do pcall(objclass.getxattr, "none") end
