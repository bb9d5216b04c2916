-- Breaks all that it shares with the class, and shows what it got hold of.
if pcall(objclass.register, 5) then
	for _, library in ipairs{string, table, math, utf8, coroutine, bufferlist, json} do
		for name in pairs(library) do library[name] = nil end
	end
	local shared = _G
	for name in pairs(shared) do
		if name ~= "objclass" and name ~= "assert" and name ~= "pcall" and name ~= "require" then shared[name] = nil end
	end
end
return true
