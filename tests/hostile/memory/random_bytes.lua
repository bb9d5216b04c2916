-- expect: trap:memory ENOMEM
local all = {}
while true do all[#all + 1] = objclass.random_bytes(65536) end
