-- expect: op EFBIG "the listing is too large"
local b = bufferlist.new()
b:append(("v"):rep(1 << 20))
for i = 1, 30 do objclass.map_set_val("key" .. i, b) end
objclass.map_get_vals("", "", -1)
