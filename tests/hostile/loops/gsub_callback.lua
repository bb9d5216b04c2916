-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
string.gsub("abc", ".", function() while true do end end)
