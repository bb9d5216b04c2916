-- expect: script EIO "error value is a table"
error(setmetatable({}, {__tostring = coroutine.yield}))
