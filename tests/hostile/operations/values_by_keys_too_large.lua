-- expect: op EFBIG "ask for fewer"
local b = bufferlist.new()
b:append(("v"):rep(1 << 20))
local t = {}
for i = 1, 30 do t[i] = i objclass.map_set_val(i, b) end
objclass.map_get_vals_by_keys(t)
