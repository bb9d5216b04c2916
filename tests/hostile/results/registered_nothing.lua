-- expect: script EIO "bad argument #1 to 'register'"
objclass.register(5)
