-- expect: script EIO "text of the table"
assert(nil, setmetatable({}, {__tostring = function() return "text of the table" end}))
