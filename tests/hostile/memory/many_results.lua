-- expect: trap:memory ENOMEM "arena is exhausted"
local function f(n, ...)
	if n == 0 then return ... end
	return f(n - 1, 1, ...)
end
local t = {f(100)}
while true do t = {t, f(100)} end
