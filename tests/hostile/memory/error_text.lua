-- expect: trap:memory ENOMEM "arena is exhausted"
local text = "x"
while true do text = select(2, pcall(error, text .. text)) end
