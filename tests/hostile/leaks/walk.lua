-- expect: ok "none 1"
-- handler: f
-- calls: 3
-- class
function f(input, output)
	output:append(steps and "left over" or "none")
	steps = objclass.map_pairs()
	local count = 0
	for key in steps do count = count + 1 if count == 1 then break end end
	output:append(" " .. count)
end
objclass.register(f)
