-- expect: ok "contained"
-- handler: probe
function probe(input, output)
	local n = 100000
	for _, case in ipairs{
		{"return ", "(", "1", ")"}, {"return ", "{", "", "}"}, {"return ", "- ", "1", ""}, {"return ", "not ", "1", ""},
		{"return ", "1 .. ", "1", ""}, {"return ", "2 ^ ", "2", ""}, {"return ", "function() return ", "1", " end"},
		{"", "do ", "", " end"}, {"", "while true do ", "", " end"}, {"", "if x then ", "", " end"}, {"", "for i = 1, 2 do ", "", " end"},
		{"", "repeat ", "", " until x"}, {"", "local function f() ", "", " end"}, {"return ", "a[", "1", "]"}, {"return ", "f(", "1", ")"},
		{"return ", "f{", "1", "}"}, {"return ", "~", "1", ""}, {"return ", "#", "a", ""},
	} do
		local f, message = load(case[1] .. case[2]:rep(n) .. case[3] .. case[4]:rep(n))
		assert(f == nil and (message:find("overflow", 1, true) or message:find("not enough memory", 1, true) or message:find("too many", 1, true)), message)
	end
	output:append("contained")
end
objclass.register(probe)
