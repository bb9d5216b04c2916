-- expect: script EIO "attempt to call a nil value"
-- The name of what was called is sought along a chain of moves between registers.
local source = {"local v0 = nil "}
for i = 1, 180 do source[#source + 1] = ("local v%d = v%d "):format(i, i - 1) end
source[#source + 1] = "v180()"
assert(load(table.concat(source)))()
