-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local long = ("n"):rep(1 << 16)
	for _, source in ipairs{
		"local $ $()", "$()", "local t = {} t.$()", "local t = {} t:$()", "local $ = {} return $ .. 'x'",
		"local $ return $.$.$", "return -$", "local $ = {} return $ < $", "local t = {} return t.$ & 1",
		"return ('x'):$()", "for _ in $ do end", "for i = 1, $ do end", "local $ <const> = {} return $ + 1", "goto $",
	} do
		local f, message = load((source:gsub("%$", long)))
		if f then
			local ok
			ok, message = pcall(f)
			assert(not ok, source)
		end
		assert(#message < 1 << 18)
	end
	output:append("contained")
end
objclass.register(probe)
