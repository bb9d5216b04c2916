-- expect: op EFBIG "xattrs"
-- What the host would have to hold at once is bounded, also where no store has it yet.
local b = bufferlist.new()
b:append(("v"):rep(64 << 10))
for i = 1, 2500 do objclass.setxattr("n" .. i, b) end
objclass.getxattrs()
