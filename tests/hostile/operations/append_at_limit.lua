-- expect: op EFBIG "exceeds the object limit of 134217728 bytes"
objclass.truncate((128 << 20) - 1)
local b = bufferlist.new()
b:append("x")
objclass.append(b)
assert(objclass.stat() == 128 << 20)
objclass.append(b)
