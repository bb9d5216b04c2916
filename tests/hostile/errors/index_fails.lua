-- expect: script EIO "error value is a table"
error(setmetatable({}, {__index = error, __tostring = 5, __name = {}}))
