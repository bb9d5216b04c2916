-- expect: trap:deadline ETIMEDOUT "eval:4: over 50 ms"
-- timeout: 50ms
local t = setmetatable({}, {__index = function()
	while true do end
end})
return t.x
