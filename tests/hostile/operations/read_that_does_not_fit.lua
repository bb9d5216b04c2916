-- expect: trap:memory ENOMEM "arena is exhausted"
local b = bufferlist.new()
b:append("x")
objclass.write(12 << 20, 1, b)
local first = objclass.read(0, 0)
return objclass.read(0, 0)
