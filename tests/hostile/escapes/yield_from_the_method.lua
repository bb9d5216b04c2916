-- expect: script EIO "attempt to yield from outside a coroutine"
coroutine.yield()
