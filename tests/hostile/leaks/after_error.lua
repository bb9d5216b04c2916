-- expect: script EIO "over there"
-- calls: 3
assert(left == nil and string.left == nil, "something was left")
left, string.left = {}, {}
error("over there")
