-- expect: op EINVAL "more than 128"
local t = {}
for i = 1, 10000 do t = {t} end
pcall(json.encode, t)
pcall(json.decode, ("["):rep(1 << 20))
pcall(json.decode, ('{"":'):rep(1 << 20))
json.encode(t)
