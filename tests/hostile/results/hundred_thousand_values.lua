-- expect: ok "" 7
-- handler: many
function many()
	return table.unpack(setmetatable({}, {__index = function() return 7 end}), 1, 100000)
end
objclass.register(many)
