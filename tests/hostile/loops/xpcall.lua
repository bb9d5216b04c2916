-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local function forever() while true do end end
while true do xpcall(forever, forever) end
