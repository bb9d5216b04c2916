-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- Each step puts a key behind the last one.
local b, n = bufferlist.new(), 0
for key in objclass.map_pairs() do
	n = n + 1
	objclass.map_set_val(("z%015d"):format(n), b)
end
