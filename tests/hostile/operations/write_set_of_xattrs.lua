-- expect: op EFBIG "the write set would have"
local b = bufferlist.new()
b:append(("v"):rep(64 << 10))
for i = 1, math.huge do objclass.setxattr("n" .. i, b) end
