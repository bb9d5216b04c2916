-- expect: trap:deadline ETIMEDOUT "eval:5: over 50 ms"
-- timeout: 50ms
local function nest(depth)
	if depth == 0 then
		while true do end
	end
	coroutine.wrap(nest)(depth - 1)
end
nest(100)
