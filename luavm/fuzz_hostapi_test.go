//go:build lua54

// Fuzzing of the script API: any function of it with any arguments.

package luavm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/objluad/objluad/objclass"
)

// apiPrelude gives the calls their arguments, and notes what they return in the output.
const apiPrelude = `
local last, notes = nil, {}
local function short(v)
	if type(v) == "userdata" and pcall(function() return v:str() end) then return #v .. v:str():sub(1, 50) end
	if type(v) == "table" then local n = 0 for _ in next, v do n = n + 1 end return "table" .. n end
	if type(v) == "string" then return #v .. v:sub(1, 50) end
	return type(v) == "number" and tostring(v) or type(v)
end
local function note(...)
	for i = 1, select("#", ...) do notes[#notes + 1] = short((select(i, ...))) end
	last = select(2, ...)
end
local function bl(s) local b = bufferlist.new() b:append(s) return b end
local _, operr = xpcall(objclass.getxattr, function(e) return e end, "none")
local function looping() while true do end end
local dead, waiting = coroutine.create(print), coroutine.create(coroutine.yield)
coroutine.resume(waiting)
local h1, h2 = hash.new("sha256"), hash.new("xxh64", 5)
local b1, b2, b3 = bl("one"), bl(("two"):rep(700)), bufferlist.new()
local self = {} self.self = self
local many = {} for i = 1, 200 do many["key" .. i] = ("v"):rep(i) end
`

// Arguments by what they are meant to be. The first of each list is what stands where the input ends.
var (
	apiIntegers = []string{
		"0", "1", "-1", "5", "4096", "65536", "1 << 20", "(1 << 20) - 1", "(1 << 20) + 1", "1 << 31", "1 << 32", "-(1 << 31)",
		"math.maxinteger", "math.mininteger", "math.maxinteger - 1", "0.0", "-0.0", "1.5", "1e308", "0/0", "1/0", "-1/0", "2^53",
		"2^63", "'7'", "'0x10'", "' 8 '", "'1e2'", "#b1", "#b2", "last", "2", "3", "17", "5000",
	}
	apiStrings = []string{
		"''", "'a'", "'k1'", "'k2'", "'7'", "'b\\0'", "'\\0'", "'\\255'", "'\\255\\255'", "'none'", "'k'", "('n'):rep(99)", "('n'):rep(100)",
		"('n'):rep(101)", "('n'):rep(1024)", "('n'):rep(1025)", "('v'):rep(4096)", "('v'):rep(4097)", "('v'):rep(65536)", "('v'):rep(65537)",
		"('v'):rep(1 << 18)", "12", "1.5", "-0.0", "'key1'", "tostring(last)", "'\\r\\n%s%n'", "'user.x'", "math.mininteger", "'<i4 s1 z'", "'!8 d'", "'c4'", "'[1,{\"a\":[]}]'", "json.encode(many)", "json.encode({b1, {last}})",
	}
	apiLists = []string{
		"b1", "b2", "b3", "input", "output", "bl('')", "bl('x')", "bl(('v'):rep(4096))", "bl(('v'):rep(4097))", "bl(('v'):rep(65537))",
		"bl(('v'):rep(1 << 18))", "objclass.read(0, 0)", "objclass.map_read_header()", "b1 .. b2", "last", "bufferlist.new()",
	}
	apiTables = []string{
		"{}", "{a = 'b'}", "{a = 'b', [7] = 's', [2.5] = 'f', ['\\0'] = ''}", "{'k1', 7, 'none', 'key1'}", "{[true] = 'x'}", "{a = 1}", "{a = b1}", "{[b1] = 'x'}", "many", "self",
		"{[('n'):rep(1025)] = 'x'}", "{a = ('v'):rep(65537)}", "{['7'] = 'text', [7] = 'number'}", "{[1/0] = 'x', [-0.0] = 'y'}",
		"setmetatable({a = 'b'}, {__index = error, __pairs = error, __len = error})",
		"setmetatable({}, {__index = looping})", "setmetatable({}, {__tostring = looping, __name = 'n'})",
		"setmetatable({}, {__tostring = error})", "setmetatable({}, {__tostring = function() return 1 end})",
		"setmetatable({}, {__name = ('N'):rep(5000)})", "setmetatable({}, {__name = {}})", "setmetatable({}, {__metatable = 1})",
		"setmetatable({}, {__call = objclass.read})", "setmetatable({}, {__concat = objclass.log, __eq = error, __lt = looping, __le = error})",
		"setmetatable({a = 'b'}, {__mode = 'kv'})", "objclass", "bufferlist", "_G", "string",
	}
	apiOthers = []string{
		"nil", "true", "false", "print", "looping", "error", "function() end", "dead", "waiting", "coroutine.running()", "operr", "objclass.stat",
		"objclass.RD", "objclass.EIO", "coroutine.wrap(coroutine.yield)", "last", "b1.str", "b1.append", "load('return ...')", "pcall",
	}
	apiHashes = []string{"h1", "h2", "hash.new('crc32c')", "'sha256'", "'xxh64'", "'crc32c'", "'md5'", "last"}
	apiAll    = slices.Concat(apiOthers, apiHashes, apiIntegers, apiStrings, apiLists, apiTables)
)

// apiSignatures say what the arguments of a function are meant to be; of one that is not here, anything.
var apiSignatures = map[string]string{
	"objclass.register": "af", "objclass.log": "iaaa", "objclass.fail": "isi", "objclass.create": "a", "objclass.read": "ii", "objclass.write": "iib",
	"objclass.write_full": "b", "objclass.getxattr": "s", "objclass.setxattr": "sb", "objclass.map_get_keys": "sis",
	"objclass.map_get_vals": "ssi", "objclass.map_get_val": "s", "objclass.map_set_val": "sb", "objclass.map_set_vals": "t",
	"objclass.append": "b", "objclass.truncate": "i", "objclass.zero": "ii", "objclass.rmxattr": "s", "objclass.map_remove_range": "ss",
	"objclass.random_bytes": "i", "objclass.map_get_vals_by_keys": "t", "objclass.map_pairs": "ss",
	"objclass.map_remove_key": "s", "objclass.map_write_header": "b", "b1.str": "b", "b1.append": "bb", "print": "aaa",
	"hash.crc32c": "bi", "hash.xxh64": "bi", "hash.sha256": "b", "hash.new": "hi", "h1.update": "hb", "h1.digest": "h",
	"b1.sub": "bii", "b1.byte": "bii", "b1.find": "bsi", "b1.unpack": "bsi", "b1.lines()": "", "json.decode": "s", "json.array": "t",
}

// apiOperators are how a script reaches the metamethods of bufferlists and of operation errors.
var apiOperators = []string{
	"#(X)", "(X) .. (Y)", "(X) == (Y)", "(X) < (Y)", "(X) <= (Y)", "tostring(X)", "(X)[Y]", "(X).errno", "(X).message", "(X):str()",
	"(X):append(Y)", "string.format('%s%10s%q', X, Y, 1)", "getmetatable(X)", "setmetatable(X, Y)", "rawlen(X)", "rawequal(X, Y)", "next(X, Y)",
	"rawset(X, Y, 1)", "(X)(Y)", "-(X)", "ipairs(X)(X, 0)", "table.concat({X, Y})", "#tostring(X)", "type(X)", "(function() (X).x = Y end)()",
}

// apiModes are ways to make a call.
var apiModes = []string{
	"note(pcall(function() return CALL end))",
	"note(xpcall(function() return CALL end, function(e) return e, tostring(e) end))",
	"note(pcall(function() for k, v in CALL do note(k, v) end end))",
	"note(pcall(function() for k, v in pairs((CALL)) do note(k, v) end end))",
	"note(pcall(coroutine.wrap(function() return CALL end)))",
	"note(coroutine.resume(coroutine.create(function() coroutine.yield(CALL) end)))",
	"for i = 1, 20 do note(pcall(function() return CALL end)) end",
	"note(pcall(string.gsub, 'x', 'x', function() last = CALL end))",
	"note(pcall(table.sort, {1, 2}, function() return CALL end))",
	"note(pcall(load(function() return CALL end)))",
}

func (c *choices) argument(kind byte) string {
	if c.next()%8 == 7 {
		kind = 'a'
	}
	switch kind {
	case 'i':
		return c.of(apiIntegers)
	case 's':
		return c.of(apiStrings)
	case 'b':
		return c.of(apiLists)
	case 't':
		return c.of(apiTables)
	case 'h':
		return c.of(apiHashes)
	default:
		return c.of(apiAll)
	}
}

func (c *choices) apiCall(functions []string) string {
	if c.next()%4 == 3 {
		op := c.of(apiOperators)
		return strings.NewReplacer("X", c.argument('b'), "Y", c.argument('a')).Replace(op)
	}
	function := c.of(functions)
	signature, known := apiSignatures[function]
	if !known {
		signature = strings.Repeat("a", int(c.next()%5))
	}
	if function == "objclass.write" && c.next()%4 < 3 { // whose length must be its data's
		data := c.of(apiLists)
		return fmt.Sprintf("objclass.write(%s, #(%s), %s)", c.argument('i'), data, data)
	}
	var args []string
	for _, kind := range []byte(signature) {
		args = append(args, c.argument(kind))
	}
	switch c.next() % 32 {
	case 30:
		args = args[:max(0, len(args)-1)]
	case 31:
		args = append(args, c.argument('a'))
	}
	return function + "(" + strings.Join(args, ", ") + ")"
}

// apiScript makes a script of calls, at most so many that it stays short.
func (c *choices) apiScript(functions []string) string {
	const most = 40
	var b strings.Builder
	b.WriteString("function f(input, output)" + apiPrelude)
	for n := 0; n < most && len(*c) > 0; n++ {
		mode := "last = CALL" // whose error ends the script
		if choice := c.next(); choice < 250 {
			mode = apiModes[int(choice)%len(apiModes)]
		}
		b.WriteString(strings.ReplaceAll(mode, "CALL", c.apiCall(functions)) + "\n")
	}
	b.WriteString("output:append(table.concat(notes, ' '))\nend\nobjclass.register(f)")
	return b.String()
}

// FuzzHostAPI calls the functions of the script API in any order with any arguments.
func FuzzHostAPI(f *testing.F) {
	functions := append(libraryFunctions(f, "objclass", "bufferlist", "json", "hash"), "h1.update", "h1.digest", "b1.str", "b1.append", "b1.sub", "b1.byte", "b1.find",
		"b1.unpack", "b1.lines()", "print")
	addRandom(f, 24)
	f.Fuzz(func(t *testing.T, in []byte) {
		c := choices(in)
		how := c.next()
		tr := trial{arena: arenaOf(c.next()) + 64<<10, handler: "f", input: "some input", full: how&1 != 0}
		if how%8 == 7 {
			tr.flags = objclass.RD
		}
		tr.source = c.apiScript(functions)
		tr.check(t)
	})
}
