-- expect: ok "contained"
-- class
-- handler: probe
for i = 1, 100000 do assert(require "plain" == require "plain") end
local coroutines = {}
for i = 1, 100 do coroutines[i] = coroutine.create(require) assert(coroutine.resume(coroutines[i], "plain")) end
function probe(input, output) output:append("contained") end
objclass.register(probe)
