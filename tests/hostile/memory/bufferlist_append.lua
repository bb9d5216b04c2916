-- expect: trap:memory ENOMEM "arena is exhausted"
local b = bufferlist.new()
b:append("x")
while true do b:append(b) end
