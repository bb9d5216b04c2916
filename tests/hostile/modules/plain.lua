-- What a module should be.
local plain = {n = 0}
function plain.count()
	plain.n = plain.n + 1
	return plain.n
end
return plain
