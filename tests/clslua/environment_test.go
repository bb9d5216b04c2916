package clslua

// What a script has: the libraries, the language, the constants.
var environmentCases = []testCase{
	{name: "errno constants are positive", run: `output:append(show(objclass.EPERM, objclass.ENOENT, objclass.ESRCH, objclass.EINTR, objclass.EIO, objclass.ENXIO,
		objclass.E2BIG, objclass.ENOEXEC, objclass.EBADF, objclass.ECHILD, objclass.EAGAIN, objclass.ENOMEM, objclass.EACCES, objclass.EFAULT, objclass.EBUSY,
		objclass.EEXIST, objclass.EXDEV, objclass.ENODEV, objclass.ENOTDIR, objclass.EISDIR, objclass.EINVAL, objclass.ENFILE, objclass.EMFILE, objclass.ENOTTY,
		objclass.EFBIG, objclass.ENOSPC, objclass.ESPIPE, objclass.EROFS, objclass.EMLINK, objclass.EPIPE, objclass.EDOM, objclass.ERANGE))`,
		want: outcome{output: "1 2 3 4 5 6 7 8 9 10 11 12 13 14 16 17 18 19 20 21 22 23 24 25 27 28 29 30 31 32 33 34"}},
	{name: "what is no constant is nil", run: `output:append(show(objclass.NONE, objclass[1], objclass[""]))`, want: outcome{output: "nil nil nil"}},
	{name: "constants of errnos that cls_lua has no name for", run: `output:append(show(objclass.ENODATA, objclass.EOPNOTSUPP, objclass.ENAMETOOLONG, objclass.ETIMEDOUT))`,
		want: outcome{output: "61 95 36 110"}, differs: "added", there: &outcome{output: "nil nil nil nil"}},
	{name: "constants are listed", run: `
		local names = {} for name in pairs(objclass) do if name:match("^E%u+$") then names[#names + 1] = name end end output:append(show(#names > 0))`,
		want: outcome{output: "true"}},

	{name: "base", run: `
		output:append(show(type(assert), type(error), type(getmetatable), type(ipairs), type(load), type(next), type(pairs), type(pcall), type(print), type(rawequal),
		type(rawget), type(rawlen), type(rawset), type(select), type(setmetatable), type(tonumber), type(tostring), type(type), type(collectgarbage), type(_G)))`,
		want: outcome{output: `"function" "function" "function" "function" "function" "function" "function" "function" "function" "function" ` +
			`"function" "function" "function" "function" "function" "function" "function" "function" "function" "table"`}},
	{name: "string", run: `
		output:append(show(("x"):rep(3, ","), ("abc"):upper(), ("abc"):sub(2), ("abc"):byte(1, -1)))
		output:append(show(("a1b2"):gsub("%d", "")), show(("key=value"):match("(%w+)=(%w+)")), string.format("%05.1f|%x|%q", 3.14159, 255, "q"))
		for w in ("one two"):gmatch("%a+") do output:append(w) end
		output:append(show(("abc"):find("b", 1, true), ("abc"):reverse(), ("abc"):len(), string.char(65), string.pack("<I2", 258), string.unpack("<I2", "\2\1")))`,
		want: outcome{output: `"x,x,x" "ABC" "bc" 97 98 99` + `"ab" 2` + `onetwo` + `2 "cba" 3 "A" "\x02\x01" 258 3`}},
	{name: "string.format", run: `output:append(string.format("%05.1f|%x|%5s|%-5d|%q|%%", 3.14159, 255, "a", 7, "q"))`, want: outcome{output: `003.1|ff|    a|7    |"q"|%`}},
	{name: "table", run: `
		local t = {3, 1, 2} table.sort(t) table.insert(t, 4) table.insert(t, 1, 0) table.remove(t, 2)
		output:append(show(table.concat(t, ","), table.pack(1, nil).n, table.move({1, 2}, 1, 2, 3, {})[4], table.unpack({1, 2, 3}, 2)))`,
		want: outcome{output: `"0,2,3,4" 2 2 2 3`}},
	{name: "math", run: `output:append(show(math.max(1, 3, 2), math.floor(2.7), math.abs(-4), math.huge > 1, math.maxinteger, math.tointeger(3.0), math.type(1), math.type(1.0), 7 % 3, math.fmod(7, 3)))`,
		want: outcome{output: `3 2 4 true 9223372036854775807 3 "integer" "float" 1 1`}},
	{name: "math.random has its bounds", run: `for i = 1, 100 do local n = math.random(5, 7) assert(n >= 5 and n <= 7) end assert(math.random() < 1) throws(math.random, 2, 1)`},
	{name: "load of text", run: `output:append(show(load("return 1 + 1")(), load("syntax error here") == nil, load("return a", "x", "t", {a = 5})()))`, want: outcome{output: `2 true 5`}},
	{name: "metatables", run: `
		local t = setmetatable({}, {__index = {a = 1}, __call = function(_, x) return x end, __len = function() return 9 end, __tostring = function() return "own" end})
		output:append(show(t.a, t(5), #t, tostring(t) == "own"))`, want: outcome{output: `1 5 9 true`}},
	{name: "print", run: `assert(select("#", print("to the log", 1)) == 0)`},
	{name: "integers and floats", run: `output:append(show(7 // 2, 7 / 2, 2 ^ 2, 1 << 62, ~0, 5 | 2, 3 == 3.0, 10 // 0.0, -7 // 2, -7 % 3))`,
		want: outcome{output: `3 3.5 4.0 4611686018427387904 -1 7 true inf -4 2`}},
	{name: "numbers in strings", run: `output:append(show(tonumber("10"), tonumber("0x10"), tonumber("1e1"), tonumber("x"), tonumber("ff", 16), tonumber(" 5 "), 10 .. ""))`,
		want: outcome{output: `10 16 10.0 nil 255 5 "10"`}},
	{name: "goto", run: `local i = 0 ::again:: i = i + 1 if i < 3 then goto again end output:append(show(i))`, want: outcome{output: `3`}},
	{name: "what is not there", run: `output:append(show(io, os, package, debug, dofile, loadfile, module, bit32, unpack, loadstring, setfenv))`,
		want: outcome{output: `nil nil nil nil nil nil nil nil nil nil nil`}},
	{name: "require", run: `output:append(type(require))`, want: outcome{output: "function"}, differs: "added", there: &outcome{output: "nil"}},
	{name: "what is not there, called", run: `os.execute("true")`, want: outcome{errno: "EIO"}},
	{name: "a global of one call", run: `kept = 1 assert(kept == 1 and _G.kept == 1)`},

	{name: "the version of Lua", run: `output:append(_VERSION)`, want: outcome{output: "Lua 5.4"}, differs: "lua-5.4", there: &outcome{output: "Lua 5.3"}},
	{name: "arithmetic on strings", run: `output:append(show("10" + 1, "3" * "4"))`, want: outcome{output: "11 12"}, differs: "lua-5.4", there: &outcome{output: "11.0 12.0"}},
	{name: "arithmetic on tonumber", run: `output:append(show(tonumber("10") + 1))`, want: outcome{output: "11"}},
	{name: "a loop up to the largest integer", run: `
		local n = 0 for i = math.maxinteger - 1, math.maxinteger do n = n + 1 end output:append(show(n))`,
		want: outcome{output: "2"}, differs: "lua-5.4", kills: true}, // there it has no end
	{name: "constant variables", script: `local a <const> = 1`, differs: "lua-5.4", there: &outcome{errno: "EIO"}},
	{name: "utf8, coroutine, xpcall", run: `
		output:append(show(utf8.char(8364), coroutine.wrap(function() return 5 end)(), xpcall(error, function(e) return e .. "!" end, "e")))`,
		want: outcome{output: `"\xe2\x82\xac" 5 false "e!"`}, differs: "added", there: &outcome{errno: "EIO"}},
	{name: "math.random differs from call to call", run: `output:append(show(math.random(1 << 40) ~= 923705029512 and type(math.randomseed)))`, want: outcome{output: `"function"`}},

	{name: "string.dump", run: `output:append(type(string.dump))`, want: outcome{output: "nil"}, differs: "locked", there: &outcome{output: "function"}},
	{name: "load of bytecode", run: `local ok = load("\27Lua") assert(not ok) output:append("refused")`, want: outcome{output: "refused"}},
	{name: "a finaliser", run: `setmetatable({}, {__gc = function() end})`, want: outcome{errno: "EIO"}, differs: "locked", there: &outcome{}},
	{name: "the metatable of strings", run: `output:append(type(getmetatable("")))`, want: outcome{output: "boolean"}, differs: "locked", there: &outcome{output: "table"}},
	{name: "collectgarbage", run: `output:append(show(collectgarbage("count") > 0, collectgarbage()))`, want: outcome{output: "true 0"}},
	{name: "collectgarbage runs by itself only", run: `output:append(show(collectgarbage("isrunning")))`, want: outcome{output: "0"}, differs: "locked", there: &outcome{output: "true"}},
	{name: "weak tables keep what they have", run: `
		local weak = setmetatable({}, {__mode = "k"}) weak[{}] = 1 collectgarbage() output:append(show(next(weak) ~= nil))`,
		want: outcome{output: "true"}, differs: "locked", there: &outcome{output: "false"}},
}

// What objluad has and cls_lua has not.
var addedCases = []testCase{
	{name: "a handler without WR cannot write", before: `objclass.create()`, handler: "f", script: `function f() objclass.write_full(bl("x")) end objclass.register(f, objclass.RD)`,
		want: outcome{errno: "EPERM", object: isEmpty}, differs: "flags", there: &outcome{object: `data "x"`}},
	{name: "flags that are none", script: `function f() end objclass.register(f, 64)`, want: outcome{errno: "EIO"}, differs: "flags", there: &outcome{}},
	{name: "a handler with RD and WR", handler: "f", script: `
		function f(input, output) objclass.write_full(bl("x")) end objclass.register(f, objclass.RD and objclass.RD | objclass.WR)`, want: outcome{object: `data "x"`}},
	{name: "append", before: digits, run: `objclass.append(bl("ab"))`, want: outcome{object: `data "0123456789ab"`}, differs: "added", there: &outcome{errno: "EIO", object: isDigits}},
	{name: "truncate", before: digits, run: `objclass.truncate(3)`, want: outcome{object: `data "012"`}, differs: "added", there: &outcome{errno: "EIO", object: isDigits}},
	{name: "zero", before: digits, run: `objclass.zero(1, 2)`, want: outcome{object: `data "0\x00\x003456789"`}, differs: "added", there: &outcome{errno: "EIO", object: isDigits}},
	{name: "rmxattr", before: twoXattrs, run: `objclass.rmxattr("a")`, want: outcome{object: `data "", xattr "b" "2"`}, differs: "added", there: &outcome{errno: "EIO", object: isTwoXattrs}},
	{name: "map_get_vals_by_keys", before: fiveKeys, run: `output:append(show(objclass.map_get_vals_by_keys({"a", "none"})))`,
		want: outcome{output: `{"a"="1"}`, object: isFiveKeys}, differs: "added", there: &outcome{errno: "EIO", object: isFiveKeys}},
	{name: "map_remove_range", before: fiveKeys, run: `objclass.map_remove_range("a", "bb")`,
		want: outcome{object: `data "", key "7" "5", key "bb" "3", key "c" "4"`}, differs: "added", there: &outcome{errno: "EIO", object: isFiveKeys}},
	{name: "map_pairs", before: fiveKeys, run: `for k, v in objclass.map_pairs("a") do output:append(k .. v:str()) end`,
		want: outcome{output: `b2bb3c4`, object: isFiveKeys}, differs: "added", there: &outcome{errno: "EIO", object: isFiveKeys}},
	{name: "map_get_keys with a prefix", before: fiveKeys, run: `output:append(show((objclass.map_get_keys("", 10, "b"))))`,
		want: outcome{output: `{"b"=true "bb"=true}`, object: isFiveKeys}, differs: "added", there: &outcome{output: `{"7"=true "a"=true "b"=true "bb"=true "c"=true}`, object: isFiveKeys}},
	{name: "json", run: `output:append(json.encode(json.decode('{"a":[1,2.5]}')))`, want: outcome{output: `{"a":[1,2.5]}`}, differs: "added", there: &outcome{errno: "EIO"}},
}
