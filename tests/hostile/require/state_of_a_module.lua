-- expect: ok "1"
-- class
-- handler: count
-- calls: 3
-- The state of a module is that of the image, too, in each call.
local plain = require "plain"
function count(input, output) output:append(("%d"):format(plain.count())) end
objclass.register(count)
