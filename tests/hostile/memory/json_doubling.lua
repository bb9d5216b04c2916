-- expect: trap:memory ENOMEM "arena is exhausted"
local s = '"' .. ("x"):rep(1000) .. '"'
while true do s = json.encode({s, json.decode(json.encode(s))}) end
