-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
while true do pcall(string.find, ("a"):rep(100), ("a?"):rep(100) .. ("a"):rep(100)) end
