-- expect: trap:memory ENOMEM "arena is exhausted"
local f = print
while true do
	local inner = f
	f = function() return inner end
end
