-- expect: script EIO "attempt to call a nil value"
load("\27Lua", "n", "b")()
