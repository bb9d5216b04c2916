-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- calls: 3
-- The next call finds nothing, or fails otherwise than it must.
assert(left == nil and string.left == nil, "something was left")
left, string.left = {}, {}
setmetatable(_G, {__index = error})
while true do left[1] = {} end
