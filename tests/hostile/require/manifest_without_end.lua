-- expect: script EIO "a manifest has at most"
-- class
-- A table that is within itself a hundred times, eight deep, would take for ever.
local t = {}
for i = 1, 100 do t[i] = t end
objclass.manifest(t)
