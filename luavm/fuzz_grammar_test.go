//go:build lua54

// Fuzzing of scripts from a grammar of Lua, with a bias toward the arena's limit: the interpreter's emergency collections
// are where it has been wrong before.

package luavm

import (
	"strconv"
	"strings"
	"testing"
)

// scriptPrelude has what brings a script to the limit.
const scriptPrelude = `
local rep, sub, pcall = string.rep, string.sub, pcall
local big = rep("x", 1 << 13)
local function grow(n) hoard = {hoard, sub(big, 1, n)} end
local function full() return big .. big .. big .. big .. big .. big .. big .. big end

-- eat leaves about that many bytes free. What it has taken stays in use, or else is garbage for the next collection. It
-- allocates by ways on which a failure makes Lua collect, and not as string.rep, whose buffer does not.
function eat(left, keep)
	pcall(function() spare = sub(big, 1, left) end)
	local n = #big
	while n >= 42 do if not pcall(grow, n) then n = n // 2 end end
	spare = nil
	pcall(full)
	if not keep then hoard = nil end
end

-- squeeze calls f with more and more room, so that its first, second, third, ... allocation meets the limit.
function squeeze(f, left, step, keep, ...)
	for i = 1, 12 do
		eat(left, keep)
		pcall(f, ...)
		hoard = nil
		left = left + step
	end
end
local a, b, c, d = {}, "text", 3, nil
t, u, g = {1, 2, 3}, setmetatable({}, {__mode = "k"}), function(...) return ... end
`

// grammar has for each letter what $letter can become. The first of each list ends soonest. $# is a number of its own.
var grammar = map[byte][]string{
	'S': { // statement
		"", "$V = $E", "local $V = $E", "local q <const> = $E", "local $V, $V = $E", "$V[$E] = $E", "$V.x = $E",
		"local function $V(...) $B end", "function g(...) $B end", "$V = $F", "if $E then $B else $B end",
		"for i = 1, $I do $B end", "for i = $N, $N, $N do $B break end", "for k, v in pairs($E) do $B end",
		"for k, v in $E, $E, $E do $B break end", "for k in next, $V do $V[k] = $E end", "while $E do $B break end",
		"repeat $B until true", "repeat local $V = $F goto l$# ; $B ::l$#:: until $E or true", "do $B end",
		"pcall(function(...) $B end, $E, $E)", "pcall(function(...) $B end)", "$V = {pcall($L, $E, $E, $E)}", "pcall($L, $E, $E)",
		"xpcall(function(...) $B end, function(...) $B return ... end, $E)", "xpcall($L, $F, $E, $E)",
		"$V = coroutine.wrap(function(...) $B coroutine.yield($E) $B end)", "$V = coroutine.create(function(...) $B $V = coroutine.yield(...) $B end)",
		"pcall($V, $E)", "pcall(coroutine.resume, $V, $E)", "pcall(coroutine.close, $V)", "pcall(function(...) $V($E) $B end)",
		"pcall(setmetatable, $V, $M)", "$V = setmetatable({$E, $E}, $M)", "u = setmetatable({}, {__mode = $W}) u[$E] = $E u[{}] = $E u[$E] = {}",
		"$V = setmetatable({$E}, setmetatable({__newindex = {$E}, __index = {$E}, __call = $F}, {__mode = $W}))",
		"for i = 1, $I do pcall(rawset, getmetatable($V) or t, $E, {}) end",
		"pcall(function(...) for i = 1, $I do $V[i] = {i} $V['k' .. i] = {} end end)", "$V = (' '):rep($N, $T)",
		"pcall(error, $E)", "error($E)", "do return $E end", "pcall(eat, $A, $K)", "hoard = nil", "pcall(g, $E)",
		"squeeze(function(...) $B end, $A, $D, $K, $E)", "squeeze(function(...) $B end, $A, $D, $K)", "squeeze($L, $A, $D, $K, $E, $E, $E)",
		"$V = load($T)", "$V = pcall(load('return ' .. tostring($E)) or print)", "$V = load(function(...) $B return $E end)",
		"$V = load('return {' .. ('0.$#,'):rep($I) .. '}')", "$V = load(('local a = 1; '):rep($I))", "$V = load(('x' .. '='):rep($I))",
		"$V = load((function(...) local s = {} for i = 1, $N do s[i] = 'x = ' .. i .. '.5' end return table.concat(s, ' ') end)())",
		"local function r(n, ...) $B if n > 0 then return 1 + r(n - 1) end end pcall(r, $N)", "local function r(...) return r(1, ...) end pcall(r)",
		"objclass.write_full(input)", "pcall($H, $E, $E, $E)", "$V = select(2, pcall($H, $E, $E, $E))", "input:append(tostring($E))", "output:append($T)",
		"for i = 1, $I do $V[i] = $E end", "for i = 1, $I do t[#t + 1] = {} t[i // 2] = nil end", "for i = 1, $N do $V['k' .. i] = i end",
		"for k in pairs($V) do $V[k] = nil end", "for i = 1, $I do u[{}] = {i} end", "for i = 1, $I do g = function(...) return g, i, ... end end",
		"$V = table.pack(table.unpack(t, 1, $N))", "pcall(string.gsub, $T, $P, $E)", "pcall(table.sort, $V, $F)", "pcall(string.rep, $T, $N, $T)",
		"for w in string.gmatch($T, $P) do $B break end", "collectgarbage($T)", "local _ENV <const> = $E; pcall(function(...) x = $E end)",
		"local _ENV = setmetatable({}, {__index = _G}); $B",
	},
	'B': {"$S", "$S\n$S", "$S\n$S\n$S"}, // block
	'E': { // expression
		"nil", "$N", "$T", "$V", "true", "false", "{}", "...", "(...)", "{$E, $E}", "{$E, n = $E, [$N] = $E}", "{...}", "select('#', ...)",
		"select($N, ...)", "$F", "$L", "$H", "g($E, $E)", "$V($E)", "select(2, pcall($L, $E, $E))", "select(2, pcall($V, $E))", "#($E)", "-($E)", "~($E)", "not ($E)",
		"($E) .. ($E)", "($N) .. ($T)", "($E) == ($E)", "($E) and ($E)", "($E) or ($E)", "($E) $O ($E)", "($N) $O ($N)", "$V[$E]", "t[$E]", "$V.x",
		"(b):rep($I)", "coroutine.create($F)", "coroutine.wrap($F)", "setmetatable({$E}, $M)", "rep($T, $I)", "table.concat({$T, $N, $T}, $T)",
		"string.format($T, $E, $E)", "tostring($E)", "tonumber($T, $I)", "bufferlist.new()", "input", "output", "hoard", "q", "$M",
		"({$E, $E, $E})[$E]", "utf8.char($I, $I)", "math.tointeger($E)", "(function(...) return $E, $E end)(...)",
	},
	'O': {"+", "-", "*", "/", "//", "%", "^", "&", "|", "<<", ">>", "~", "<", "<=", "==", "~="}, // operator
	'V': {"a", "b", "c", "d", "t", "u", "x", "g", "_G", "self", "k", "v", "i", "string"},        // name
	'F': { // function
		"print", "g", "function(...) return ... end", "function(...) $B end", "function(...) local q <const> = ... $B return q, $E end", "error",
		"function(...) return g(...) end", "coroutine.yield", "coroutine.wrap(function(...) while true do coroutine.yield($E) end end)",
		"function(...) a, b = ... return function(...) b = a return b, ... end end", "rawset", "next", "eat",
	},
	'N': { // number
		"0", "1", "-1", "2", "10", "100", "255", "256", "257", "1000", "5000", "65536", "100000", "1 << 20", "1 << 31", "1 << 62", "math.maxinteger",
		"math.mininteger", "0.0", "-0.0", "0.5", "1e15", "2^53", "2^63", "1e308", "1/0", "-1/0", "0/0", "3.0", "'10'", "'0x1p4'", "#t", "c",
	},
	'I': {"1", "2", "3", "7", "8", "15", "16", "17", "60", "64", "65", "128", "250", "256", "300", "600"}, // count
	'T': { // string
		"''", "'a'", "b", "'x'", "('y'):rep(39)", "('y'):rep(40)", "('y'):rep(41)", "('z'):rep(1000)", "('z'):rep(5000)", "('\\0'):rep(50)", "'\\255\\254'", "'%d%s%5.2f%q%x'", "'%s%s'",
		"'%99.99f'", "'%-50s|'", "'<i4>I8z'", "'s1!8d'", "'return ...'", "'x = = 1'", "'local a <close> = nil return a'", "'return function(...) return ... end'",
		"'goto e; local a; ::e:: ::e::'", "'count'", "'collect'", "'step'", "tostring({})", "'k'", "'__index'", "('('):rep(190)", "('a?'):rep(30)", "tostring(g)", "'1' .. c",
	},
	'P': {"'.'", "'(.)'", "'()'", "'.-'", "'(a*)*'", "'%b()'", "'%f[%w]'", "'(.)(.)%2'", "'[%a-z]'", "'[^]'", "'%'", "('(x)'):rep(33)", "('a?'):rep(30) .. 'b'", "$T"}, // pattern
	'M': { // metatable
		"{}", "{__mode = $W}", "{__index = $E}", "{__index = $F, __newindex = $F}", "{__call = $F}", "{__add = $F, __concat = $F, __unm = $F}",
		"{__len = $F}", "{__eq = $F, __lt = $F, __le = $F}", "{__tostring = $F}", "{__name = $T}", "{__metatable = $E}", "{__pairs = $F}", "{__close = $F}",
		"{__mode = $W, __index = $E, [{}] = {}}", "{__gc = $E}", "a", "t", "u", "setmetatable({__mode = $W}, {__index = $F, __mode = $W})",
		"{__mode = rep('k', 50)}", "{__newindex = a}", "{__index = string}",
	},
	'W': {"'k'", "'v'", "'kv'", "''", "1", "$T"},                                                                                       // mode of a weak table
	'A': {"0", "16", "48", "64", "100", "160", "256", "400", "600", "1000", "1500", "2000", "3000", "5000", "9000", "20000", "c * $I"}, // bytes to leave
	'D': {"16", "32", "48", "64", "8", "128", "200", "1000"},                                                                           // step
	'K': {"true", "false"},
	'L': nil, // function of a library
	'H': nil, // function of objclass and what comes with it
}

// Bounds of a generated script: how deep its grammar nests, and how long it is.
const (
	scriptDepth = 9
	scriptBytes = 8 << 10
)

// expand appends what the letter becomes.
func (c *choices) expand(b *strings.Builder, letter byte, depth int, labels *int) {
	rule := grammar[letter][0]
	if depth > 0 && b.Len() < scriptBytes {
		rule = c.of(grammar[letter])
	}
	*labels++
	own := *labels
	for i := 0; i < len(rule); i++ {
		switch {
		case rule[i] != '$':
			b.WriteByte(rule[i])
		case rule[i+1] == '#':
			i++
			b.WriteString(strconv.Itoa(own))
		default:
			i++
			c.expand(b, rule[i], depth-1, labels)
		}
	}
}

// scriptFrames are what a script's statements stand in: most in pcall, so that the script goes on behind an error.
var scriptFrames = [8][2]string{
	{"", ""}, {"pcall(load([==[", "]==]), input, output)"}, {"pcall(coroutine.wrap(function(...) ", " end), 1, 2)"},
	{"pcall(function(...) ", " end)"}, {"pcall(function(...) ", " end, a, b, c)"}, {"pcall(function(...) ", " end, ...)"},
	{"pcall(function(...) ", " end, {})"}, {"pcall(squeeze, function(...) ", " end, 0, 48, true, a)"},
}

// script makes a script that has statements until the choices are used up.
func (c *choices) script() string {
	var b strings.Builder
	labels := 0
	for len(*c) > 0 && b.Len() < scriptBytes {
		frame := scriptFrames[c.next()%8]
		b.WriteString(frame[0])
		c.expand(&b, 'S', scriptDepth, &labels)
		b.WriteString(frame[1] + "\n")
	}
	return "function f(...)\nlocal input, output = ...\n" + scriptPrelude + b.String() +
		"output:append(tostring(a) .. tostring(c))\nend\nobjclass.register(f)"
}

// FuzzScript runs scripts of a grammar, most of them in small arenas.
func FuzzScript(f *testing.F) {
	grammar['L'] = libraryFunctions(f, "string", "table", "math", "utf8", "coroutine", "_G")
	grammar['H'] = libraryFunctions(f, "objclass", "bufferlist", "hash")
	addRandom(f, 24)
	f.Fuzz(func(t *testing.T, in []byte) {
		c := choices(in)
		how := c.next()
		tr := trial{arena: arenaOf(c.next()), handler: "f", input: "some input", full: how&1 != 0}
		tr.source = c.script()
		tr.check(t)
	})
}
