-- expect: op EFBIG "the write set would have"
local b = bufferlist.new()
b:append(("v"):rep(1 << 20))
for i = 1, math.huge do objclass.map_set_val("k" .. i, b) end
