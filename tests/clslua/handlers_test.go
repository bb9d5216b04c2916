package clslua

// What a script is: a chunk that registers handlers, of which one is called; and what comes of that.
var handlerCases = []testCase{
	{name: "the chunk alone, empty"},
	{name: "the chunk alone acts on the object", script: `objclass.write_full(bl("by the chunk"))`, want: outcome{object: `data "by the chunk"`}},
	{name: "a registered handler that is not called", script: `function run() error("called") end objclass.register(run)`},
	{name: "a handler is given input and output", input: "abc", run: `output:append(input:str()) output:append("!")`, want: outcome{output: "abc!"}},
	{name: "input and output are of any bytes", input: "\x00\xff\n\"\\", run: `output:append(input:str())`, want: outcome{output: "\x00\xff\n\"\\"}},
	{name: "no input is empty", run: `assert(#input == 0) output:append(input:str())`},
	{name: "a large input", input: large, run: `output:append(input:str())`, want: outcome{output: large}},
	{name: "one of several handlers", handler: "second", script: `
		function first(input, output) output:append("1") end
		function second(input, output) output:append("2") end
		objclass.register(first) objclass.register(second)`, want: outcome{output: "2"}},
	{name: "handlers call each other", handler: "outer", script: `
		local function inner(output) output:append("inner") end
		function outer(input, output) inner(output) end
		objclass.register(outer)`, want: outcome{output: "inner"}},
	{name: "a handler that the chunk made out of another", handler: "alias", script: `
		local function f(input, output) output:append("alias") end
		objclass.register(f) alias = f`, want: outcome{output: "alias"}},
	{name: "each call begins anew", before: `kept = 1 string.kept = 1 objclass.kept = 1 objclass.create()`,
		run:  `output:append(show(kept, string.kept, rawget(objclass, "kept")))`,
		want: outcome{output: "nil nil nil", object: `data ""`}},

	{name: "no value returned", run: ``, want: outcome{}},
	{name: "return 0", run: `return 0`},
	{name: "return without a value", run: `return`},
	{name: "a positive number returned", run: `output:append("x") return 7`, want: outcome{ret: 7, output: "x"}},
	{name: "a string of a number returned", run: `return "7"`, want: outcome{ret: 7}},
	{name: "a string of a negative number returned", run: `return "-2"`, want: outcome{errno: "ENOENT"}},
	{name: "a float without a fraction returned", run: `return 3.0`, want: outcome{ret: 3}},
	{name: "the last of several values", run: `return {}, "x", 9`, want: outcome{ret: 9}},
	{name: "a negative errno returned", before: `objclass.create()`, run: `objclass.write_full(bl("lost")) return -objclass.EBUSY`,
		want: outcome{errno: "EBUSY", object: `data ""`}},
	{name: "a negative number without a name", run: `return -9999`, want: outcome{errno: "E9999"}},
	{name: "the largest number returned", run: `return 2147483647`, want: outcome{ret: 2147483647}},
	{name: "the smallest number returned", run: `return -2147483647`, want: outcome{errno: "E2147483647"}},
	{name: "nil returned", run: `return nil`, want: outcome{errno: "EIO"}},
	{name: "a last value of nil", run: `return 0, nil`, want: outcome{errno: "EIO"}},
	{name: "a fraction returned", run: `return 1.5`, want: outcome{errno: "EIO"}},
	{name: "text returned", run: `return "text"`, want: outcome{errno: "EIO"}},
	{name: "a boolean returned", run: `return true`, want: outcome{errno: "EIO"}},
	{name: "a table returned", run: `return {}`, want: outcome{errno: "EIO"}},
	{name: "a bufferlist returned", run: `return output`, want: outcome{errno: "EIO"}},
	{name: "more than 32 bits returned", run: `return (1 << 32) + 5`, want: outcome{errno: "EIO"}, differs: "64-bit", there: &outcome{ret: 5}},

	{name: "a handler that is not there", handler: "none", script: ``, want: outcome{errno: "EOPNOTSUPP"}},
	{name: "a handler that is a local", handler: "f", script: `local function f() end objclass.register(f)`, want: outcome{errno: "EOPNOTSUPP"}},
	{name: "a handler that is a number", handler: "f", script: `f = 5`, want: outcome{errno: "EOPNOTSUPP"}},
	{name: "a handler that is a table", handler: "f", script: `f = setmetatable({}, {__call = function() end})`, want: outcome{errno: "EOPNOTSUPP"}},
	{name: "what the chunk did before is lost", handler: "f", script: `objclass.create()`, want: outcome{errno: "EOPNOTSUPP"}},
	{name: "a handler that is not registered", handler: "f", script: `function f() end`, want: outcome{errno: "EIO"}},
	{name: "a handler that was registered before it was replaced", handler: "f", script: `
		function f() end objclass.register(f) function f() end`, want: outcome{errno: "EIO"}},
	{name: "a function of a library is no handler", handler: "print", script: ``, want: outcome{errno: "EIO"}},
	{name: "register twice", script: `function f() end objclass.register(f) objclass.register(f)`, want: outcome{errno: "EIO"}},
	{name: "register before the function is there", script: `objclass.register(f) function f() end`, want: outcome{errno: "EIO"}},
	{name: "register text", script: `objclass.register("f")`, want: outcome{errno: "EIO"}},
	{name: "register nothing", script: `objclass.register()`, want: outcome{errno: "EIO"}},
	{name: "register in a handler", run: `local function f() end assert(select("#", objclass.register(f)) == 0) throws(objclass.register, f)`},

	{name: "a syntax error", script: `function`, want: outcome{errno: "EIO"}},
	{name: "an error in the chunk", script: `error("in the chunk")`, want: outcome{errno: "EIO"}},
	{name: "an error in the handler", run: `error("in the handler")`, want: outcome{errno: "EIO"}},
	{name: "an error after a write", before: `objclass.create()`, run: `objclass.write_full(bl("lost")) error("no")`, want: outcome{errno: "EIO", object: `data ""`}},
	{name: "an error that is a table", run: `error({})`, want: outcome{errno: "EIO"}},
	{name: "an error that is nil", run: `error()`, want: outcome{errno: "EIO"}},
	{name: "an error that is a number", run: `error(-2)`, want: outcome{errno: "EIO"}},
	{name: "a failed assertion", run: `assert(false)`, want: outcome{errno: "EIO"}},
	{name: "endless recursion", run: `local function f() return 1 + f() end return f()`, want: outcome{errno: "ENOMEM"}, differs: "limits", there: &outcome{errno: "EIO"}},

	{name: "output of a call that wrote", run: `objclass.create() output:append("written")`,
		want: outcome{output: "written", object: `data ""`}, differs: "output-of-writes", there: &outcome{object: `data ""`}},
	{name: "a positive number of a call that wrote", run: `objclass.create() return 7`,
		want: outcome{ret: 7, object: `data ""`}, differs: "output-of-writes", there: &outcome{object: `data ""`}},
	{name: "handlers of any bytes", handler: "odd\x00name", script: `
		_G["odd\0name"] = function(input, output) output:append("odd") end objclass.register(_G["odd\0name"])
		function odd(input, output) output:append("cut") end objclass.register(odd)`,
		want: outcome{output: "odd"}, differs: "nul", there: &outcome{output: "cut"}},
	{name: "a script with NUL in it", script: "local s = 'a\x00b' assert(#s == 3)", differs: "nul", there: &outcome{errno: "EIO"}},
}

var large = string(make([]byte, 1<<20))
