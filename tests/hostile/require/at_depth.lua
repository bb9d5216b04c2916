-- expect: script EIO "C stack overflow"
-- class
-- Deeper than Lua's own functions may call each other.
local function deep(n)
	if n == 0 then return require "plain" end
	return (("x"):gsub("x", function() deep(n - 1) end))
end
deep(300)
