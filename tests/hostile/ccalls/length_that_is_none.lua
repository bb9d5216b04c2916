-- expect: script EIO "object length is not an integer"
table.insert(setmetatable({}, {__len = function() return "many" end}), 0)
