-- expect: op EFBIG "the write set would have"
local b = bufferlist.new()
b:append(("x"):rep(1 << 20))
for i = 1, 185 do objclass.map_set_val("k" .. i, b) end
b = bufferlist.new()
b:append("x")
for i = 1, math.maxinteger do objclass.write(2 * i, 1, b) end
