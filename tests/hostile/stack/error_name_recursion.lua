-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
-- To name the field that is no function, the interpreter follows the chain of fields to its begin, one call each.
x = {}
x.a = x
assert(load("local x = x return x" .. (".a"):rep(100000) .. ".b()"))()
