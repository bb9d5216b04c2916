-- expect: script EIO "at the bottom"
local function f(n)
	if n == 0 then error("at the bottom") end
	return 1 + f(n - 1)
end
f(100000)
