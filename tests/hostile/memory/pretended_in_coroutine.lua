-- expect: script EIO "not enough memory"
coroutine.wrap(error)("not enough memory", 0)
