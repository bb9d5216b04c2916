-- expect: script EIO "pattern too long"
-- An iterator whose match failed for its pattern's complexity has no bound on its recursion any more.
local n = 1 << 20
local next = string.gmatch(("a"):rep(n), ("a?"):rep(n))
pcall(next)
next()
