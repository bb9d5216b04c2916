-- expect: script EIO "not enough memory"
-- A source that never ends and is kept as constants.
local n = 0
assert(load(function()
	n = n + 1
	return (n == 1 and "return {" or "") .. "'" .. n .. "',"
end))
