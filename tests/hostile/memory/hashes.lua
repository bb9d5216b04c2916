-- expect: trap:memory ENOMEM
local all = {}
while true do all[#all + 1] = hash.new("sha256") end
