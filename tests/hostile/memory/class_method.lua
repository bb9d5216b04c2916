-- expect: trap:memory ENOMEM "arena is exhausted"
-- class
-- handler: fill
-- calls: 3
kept = {}
function fill()
	while true do kept[#kept + 1] = ("x"):rep(1000) .. #kept end
end
objclass.register(fill)
