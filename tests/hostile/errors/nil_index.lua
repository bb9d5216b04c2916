-- expect: script EIO "index is nil"
local t = {}
t[nil] = 1
