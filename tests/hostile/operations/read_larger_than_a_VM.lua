-- expect: op ENOMEM "read it in parts"
local b = bufferlist.new()
b:append("x")
objclass.write(100 << 20, 1, b)
objclass.read(0, 0)
