-- expect: trap:memory ENOMEM "arena is exhausted"
-- calls: 3
assert(left == nil and string.left == nil, "something was left")
left, string.left = {}, {}
while true do left[#left + 1] = {} end
