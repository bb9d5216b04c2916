package clslua

// pcall, and what becomes of errors that are caught or not.
var errorCases = []testCase{
	{name: "pcall of what succeeds", run: `output:append(show(pcall(function(...) return ..., "x" end, 1, 2)))`, want: outcome{output: `true 1 "x"`}},
	{name: "pcall of nothing", run: `output:append(show(pcall(function() end)))`, want: outcome{output: `true`}},
	{name: "pcall passes nil on", run: `output:append(show(pcall(function(...) return ... end, nil, nil)))`, want: outcome{output: `true nil nil`}},
	{name: "pcall of a failed operation gives its errno", run: `
		local r = table.pack(pcall(objclass.stat)) output:append(show(r.n, r[1], r[2], type(r[3])))`, want: outcome{output: `3 false -2 "string"`}},
	{name: "pcall of a function with a failed operation", run: `
		local r = table.pack(pcall(function() objclass.stat() end)) output:append(show(r.n, r[1], r[2], type(r[3])))`, want: outcome{output: `3 false -2 "string"`}},
	{name: "the text of a failed operation", run: `output:append((select(3, pcall(objclass.stat))))`,
		want: outcome{output: "object does not exist"}, differs: "messages", there: &outcome{output: "No such file or directory"}},
	{name: "pcall of an error", run: `output:append(show(pcall(error, "x", 0)))`, want: outcome{output: `false "x"`}},
	{name: "pcall of an error that is a table", run: `output:append(show(pcall(error, {a = 1})))`, want: outcome{output: `false {"a"=1}`}},
	{name: "pcall of an error that is nil", run: `output:append(show(pcall(error)))`, want: outcome{output: `false nil`}},
	{name: "pcall of what cannot be called", run: `output:append(show((pcall(5))))`, want: outcome{output: `false`}},
	{name: "pcall without a function", run: `output:append(show((pcall(pcall))))`, want: outcome{output: `false`}},
	{name: "pcall within pcall", run: `
		output:append(show(pcall(function() local ok, e = pcall(objclass.stat) assert(not ok and e == -2) return e end)))`, want: outcome{output: `true -2`}},
	{name: "one failure after the other", run: `
		for i = 1, 3 do fails(objclass.ENOENT, objclass.stat) fails(objclass.ENOENT, objclass.remove) end return -9999`, want: outcome{errno: "E9999"}},
	{name: "an errno that was caught is returned", run: `local _, e = pcall(objclass.stat) return e`, want: outcome{errno: "ENOENT"}},
	{name: "a failure that was caught does not undo", run: `objclass.create() fails(objclass.EEXIST, objclass.create, true)`, want: outcome{object: isEmpty}},
	{name: "an uncaught failure undoes all", before: `objclass.create()`, run: `objclass.write_full(bl("lost")) objclass.create(true)`, want: outcome{errno: "EEXIST", object: isEmpty}},
	{name: "the uncaught failure counts, not the caught one", before: `objclass.create()`, run: `pcall(objclass.create, true) objclass.getxattr("none")`, want: outcome{errno: "ENODATA", object: isEmpty}},
	{name: "a failure in the chunk", script: `objclass.stat()`, want: outcome{errno: "ENOENT"}},
	{name: "an error of the same text is none of an operation", run: `
		local _, _, text = pcall(objclass.stat) error(text, 0)`, want: outcome{errno: "EIO"}},
	{name: "an error after a caught failure", run: `pcall(objclass.stat) error("x")`, want: outcome{errno: "EIO"}},
	{name: "a failure in an iterator", run: `for _ in function() objclass.stat() end do end`, want: outcome{errno: "ENOENT"}},
	{name: "a failure in a metamethod", run: `local _ = setmetatable({}, {__index = function() objclass.stat() end}).x`, want: outcome{errno: "ENOENT"}},
	{name: "a failure in sort", run: `table.sort({3, 2, 1}, function() objclass.stat() end)`, want: outcome{errno: "ENOENT"}},
	{name: "a failure in gsub, caught", run: `fails(objclass.ENOENT, string.gsub, "x", "x", function() objclass.stat() end)`},
	{name: "wrong arguments have no errno", run: `throws(objclass.read, {}, 0) throws(function() objclass.read({}, 0) end)`},
	{name: "an error after a failure that load swallowed", run: `load(function() objclass.stat() end) error("x")`,
		want: outcome{errno: "EIO"}, differs: "stray-errnos", there: &outcome{errno: "ENOENT"}},
	{name: "pcall of an error after a failure that load swallowed", run: `
		load(function() objclass.stat() end) local r = table.pack(pcall(error, "x", 0)) output:append(show(table.unpack(r, 1, r.n)))`,
		want: outcome{output: `false "x"`}, differs: "stray-errnos", there: &outcome{output: `false -2 "x"`}},
}

// log([level,] ...) returns the text that it logs.
var logCases = []testCase{
	{name: "nothing", run: `output:append(show(select("#", objclass.log())))`, want: outcome{output: `0`}},
	{name: "one text", run: `output:append(show(objclass.log("a")))`, want: outcome{output: `"a"`}},
	{name: "several values", run: `output:append(show(objclass.log("a", 1, true, false, nil, {}, print)))`, want: outcome{output: `"a 1 true false nil table function"`}},
	{name: "a level", run: `output:append(show(objclass.log(5, "a", "b")))`, want: outcome{output: `"a b"`}},
	{name: "a level in a string", run: `output:append(show(objclass.log("5", "a")))`, want: outcome{output: `"a"`}},
	{name: "a level of 0", run: `output:append(show(objclass.log(0, "a")))`, want: outcome{output: `"a"`}},
	{name: "a level with a fraction", run: `output:append(show(objclass.log(0.5, "a")))`, want: outcome{output: `"a"`}},
	{name: "a number alone is no level", run: `output:append(show(objclass.log(7)))`, want: outcome{output: `"7"`}},
	{name: "a negative number is no level", run: `output:append(show(objclass.log(-1, "a")))`, want: outcome{output: `"-1 a"`}},
	{name: "a negative number alone", run: `output:append(show(objclass.log(-1)))`, want: outcome{output: `"-1"`}},
	{name: "nil is no level", run: `output:append(show(objclass.log(nil, "a")))`, want: outcome{output: `"nil a"`}},
	{name: "a bufferlist", run: `output:append(show(objclass.log(bl("x"), "a")))`, want: outcome{output: `"userdata a"`}},
	{name: "numbers", run: `output:append(show(objclass.log("n", 1, 1.5, -2.0)))`, want: outcome{output: `"n 1 1.5 -2.0"`}},
	{name: "what was logged again", run: `output:append(show(objclass.log(objclass.log("a", "b"))))`, want: outcome{output: `"a b"`}},
	{name: "in the chunk", script: `assert(objclass.log("chunk", 1) == "chunk 1")`},
	{name: "text with NUL", run: `output:append(show(objclass.log("a\0b", "c")))`, want: outcome{output: `"a\x00b c"`}, differs: "nul", there: &outcome{output: `"a c"`}},
}
