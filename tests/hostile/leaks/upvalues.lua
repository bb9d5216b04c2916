-- expect: ok "contained"
-- handler: probe
-- class
-- calls: 3
local calls, kept, nested = 0, {}, {{}}
function probe(input, output)
	assert(calls == 0 and next(kept) == nil and next(nested[1]) == nil)
	calls, kept.input, nested[1].left = calls + 1, input, true
	kept = nil
	output:append("contained")
end
objclass.register(probe)
