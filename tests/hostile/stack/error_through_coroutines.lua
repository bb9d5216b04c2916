-- expect: script EIO "eval:4: eval:4: eval:4: "
local function nest(n)
	if n == 0 then error("at the bottom") end
	return coroutine.wrap(nest)(n - 1)
end
nest(150)
