local lib = {}
counter = 0
function helper(x) return x end
function unused() end
function inc(i, o)
  count = (count or 0) + 1
  counter = counter + 1
  o:append(tostirng(count))
  objclass.wirte_full(i)
  if x then return -objclass.ENONET end
  objclass.getxatr("a")
  o:append(helper(strng.format("x")))
end
objclass.register(inc, objclass.RW)
local map = objclass.map_get_value
string.trim = function() end
function f2() return string.trim(" ") .. utf9.char(1) end
objclass.register(f2)
