-- expect: trap:deadline ETIMEDOUT "inside a library function"
-- timeout: 50ms
-- calls: 3
assert(left == nil and string.left == nil, "something was left")
left, string.left = {}, {}
setmetatable(_G, {__index = error})
string.rep("", 1 << 60)
