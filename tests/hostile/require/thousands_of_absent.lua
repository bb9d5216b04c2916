-- expect: class EINVAL "require \"nosuch1\""
-- class
for i = 1, 5000 do require("nosuch" .. i) end
