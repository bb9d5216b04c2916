-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do pcall(error, setmetatable({}, {__tostring = error})) xpcall(error, error) end
