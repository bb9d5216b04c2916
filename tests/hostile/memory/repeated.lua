-- expect: trap:memory ENOMEM "arena is exhausted"
-- calls: 3
kept = kept or {}
while true do kept[#kept + 1] = {} end
