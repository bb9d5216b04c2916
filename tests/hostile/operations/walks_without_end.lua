-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
while true do for key in objclass.map_pairs() do pcall(objclass.map_pairs) end end
