-- expect: script EIO "inside"
coroutine.wrap(function() pcall(error) error("inside") end)()
