-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
-- To call the value the interpreter calls the value, with one argument more each time, and never gets to a function.
local mt = {}
mt.__call = setmetatable({}, mt)
mt.__call()
