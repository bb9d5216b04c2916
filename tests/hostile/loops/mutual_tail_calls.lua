-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
local pong
local function ping(...) return pong(...) end
function pong(...) return ping(...) end
ping(1, 2, 3)
