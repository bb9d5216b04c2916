-- expect: script EIO "eval:6: eval:6: eval:6: "
-- Thousands of coroutines, each of which resumes the one before.
local last = function() end
for _ = 1, 11000 do
	local before = last
	last = coroutine.wrap(function() before() end)
end
last()
