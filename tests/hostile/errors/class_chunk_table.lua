-- expect: script EIO "text of the table"
-- class
error(setmetatable({}, {__tostring = function() return "text of the table" end}))
