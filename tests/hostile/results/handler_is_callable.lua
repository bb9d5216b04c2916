-- expect: script EOPNOTSUPP "handler 'f' is not a function"
-- handler: f
f = setmetatable({}, {__call = function() end})
