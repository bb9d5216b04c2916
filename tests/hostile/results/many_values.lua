-- expect: ok "" 10000
-- handler: many
function many()
	local t = {}
	for i = 1, 10000 do t[i] = i end
	return table.unpack(t)
end
objclass.register(many)
