-- expect: script EIO "is not registered"
-- handler: anything
setmetatable(_G, {__index = function() return function() end end})
