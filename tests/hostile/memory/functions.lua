-- expect: script EIO "not enough memory"
-- load catches the error, as it does every other.
local t = {}
while true do t[#t + 1] = assert(load("return " .. #t .. ", 'text', {1, 2, 3}")) end
