-- expect: script EIO "eval:3: eval:3: eval:3: "
-- Each coroutine puts a position before the message, until no room is left to say that the C stack is full.
local function nest() return coroutine.wrap(nest)() end
nest()
