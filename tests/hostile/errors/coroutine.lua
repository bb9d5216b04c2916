-- expect: script EIO "thread: 0x"
error(coroutine.create(print))
