-- expect: script EIO "65536 bytes at most"
-- class
local t = {}
for i = 1, 100000 do t[i] = i end
objclass.manifest(t)
