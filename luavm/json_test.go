//go:build lua54

// The library json: what it takes and gives, beside Go's own JSON.

package luavm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/objluad/objluad/objclass"
)

var jsonScripts = map[string]string{
	"values": `
		local v = json.decode(' {"a": [1, -2.5, true, false, null, "x\\u0000y\\ud83d\\ude00"], "": {}, "e": []} ')
		assert(v.a[1] == 1 and math.type(v.a[1]) == "integer" and v.a[2] == -2.5 and v.a[3] == true and v.a[4] == false)
		assert(v.a[5] == json.null and v.a[6] == "x\0y\u{1f600}" and #v.a == 6)
		assert(next(v[""]) == nil and #v.e == 0)
		assert(json.encode(v) == '{"":{},"a":[1,-2.5,true,false,null,"x\\u0000y\u{1f600}"],"e":[]}', json.encode(v))
		assert(json.decode("7") == 7 and json.decode('"s"') == "s" and json.decode("null") == json.null)
		assert(json.encode(7) == "7" and json.encode("s") == '"s"' and json.encode(nil) == "null" and json.encode(json.null) == "null")`,
	"integers are exact": `
		for _, n in ipairs{math.maxinteger, math.mininteger, 2^53|0, (2^53|0) + 1, -1, 0} do
			assert(json.encode(n) == tostring(n))
			local back = json.decode(json.encode({n}))[1]
			assert(back == n and math.type(back) == "integer")
		end
		assert(math.type(json.decode("9223372036854775808")) == "float")
		assert(json.decode("-9223372036854775809") == -2^63)`,
	"floats come back": `
		for _, x in ipairs{1.0, 0.1, 1e300, 5e-324, 1/3, -0.0, 2^53, 123456789.125, math.pi} do
			local back = json.decode(json.encode(x))
			assert(math.type(back) == "float" and string.pack("d", back) == string.pack("d", x), json.encode(x))
		end`,
	"bufferlists": `
		assert(json.decode(bl('{"a":1}')).a == 1)
		assert(json.encode{a = bl("text")} == '{"a":"text"}')`,
	"arrays": `
		assert(json.encode{} == "{}" and json.encode(json.array()) == "[]" and json.encode(json.array{}) == "[]")
		assert(json.encode{1, 2, {3}} == "[1,2,[3]]")
		local a = json.array{1}
		assert(rawequal(json.array(a), a) and getmetatable(a) == false)
		a[2] = "b"
		assert(json.encode(a) == '[1,"b"]')
		throws("cannot change a protected metatable", setmetatable, a, {})
		throws("has a metatable", json.array, setmetatable({}, {}))
		throws("table expected", json.array, 1)`,
	"names are in byte order": `
		local t = {}
		for _, name in ipairs{"b", "a", "ab", "", "\0", "é", "Z", "a\0"} do t[name] = 1 end
		assert(json.encode(t) == '{"":1,"\\u0000":1,"Z":1,"a":1,"a\\u0000":1,"ab":1,"b":1,"é":1}', json.encode(t))
		local n = {}
		for i = 1, 5000 do n[string.format("%05d", (i * 7919) % 5000)] = i end
		local names = {}
		for name in json.encode(n):gmatch('"(%d+)"') do names[#names + 1] = name end
		assert(#names == 5000)
		for i = 2, #names do assert(names[i - 1] < names[i]) end`,
	"metatables do not matter": `
		local t = setmetatable({a = 1}, {__index = error, __pairs = error, __len = error, __tostring = error})
		assert(json.encode(t) == '{"a":1}')`,
	"what has no form in JSON": `
		fails(objclass.EINVAL, json.encode, {print})
		fails(objclass.EINVAL, json.encode, 0/0)
		fails(objclass.EINVAL, json.encode, -1/0)
		fails(objclass.EINVAL, json.encode, "\255")
		fails(objclass.EINVAL, json.encode, {["\255"] = 1})
		fails(objclass.EINVAL, json.encode, "\u{d800}")
		fails(objclass.EINVAL, json.encode, {1, nil, 3, nil, 5})
		fails(objclass.EINVAL, json.encode, {1, a = 2})
		fails(objclass.EINVAL, json.encode, {[1.5] = 1})
		fails(objclass.EINVAL, json.encode, {[true] = 1})
		fails(objclass.EINVAL, json.encode, {[7] = 1})
		fails(objclass.EINVAL, json.encode, coroutine.create(print))
		local loop = {} loop.loop = loop
		fails(objclass.EINVAL, json.encode, loop)
		throws("value expected", json.encode)
		throws("bufferlist or string expected", json.decode, {})
		throws("bufferlist or string expected", json.decode)`,
	"half of a surrogate pair": `
		for _, s in ipairs{"\\udc00", "a\\udfffb", "\\ud83d\\ude00\\ude00", "\\ud800", "\\ud83d\\ud83d", "\\ud83dx", "\u{d800}", "\u{dfff}"} do
			fails(objclass.EINVAL, json.decode, '"' .. s .. '"')
			fails(objclass.EINVAL, json.decode, '{"' .. s .. '":1}')
		end
		assert(json.decode('"\u{d7ff}\\ud7ff\u{ed}\u{e000}"') == "\u{d7ff}\u{d7ff}\u{ed}\u{e000}")`,
	"characters that are cut off": `
		for _, s in ipairs{"\xc3", "\xe2", "\xe2\x82", "\xf0", "\xf0\x9f", "\xf0\x9f\x98", "\xf0\xc3\xa9"} do
			fails(objclass.EINVAL, json.encode, s)
			fails(objclass.EINVAL, json.encode, {[s] = 1})
			fails(objclass.EINVAL, json.encode, bl(s))
		end
		for _, s in ipairs{"", "é", "€", "\u{1f600}", "aé", "é€", "€é", "\u{1f600}a"} do
			assert(json.encode(s) == '"' .. s .. '"' and json.encode(bl(s)) == '"' .. s .. '"')
		end`,
	"nothing behind a bufferlist is read": `
		for round = 1, 10 do
			for size = 64, 300, 4 do
				local rest = ("\x82"):rep(20000)
				local b = bl(("a"):rep(size - 1) .. "\xe2")
				fails(objclass.EINVAL, json.encode, b)
			end
		end`,
	"depth": `
		local deep = ("["):rep(128) .. ("]"):rep(128)
		assert(json.encode(json.decode(deep)) == deep)
		fails(objclass.EINVAL, json.decode, "[" .. deep .. "]")
		fails(objclass.EINVAL, json.encode, {json.decode(deep)})
		fails(objclass.EINVAL, json.decode, ("["):rep(1 << 20))
		fails(objclass.EINVAL, json.decode, ('{"a":'):rep(1 << 18))`,
	"errors tell the byte": `
		local function where(text) return tonumber((select(3, pcall(json.decode, text)):match("json.decode: byte (%d+)"))) end
		assert(where("") == 1 and where('{"a":1,}') == 8 and where('[1 2]') == 4 and where("1\0") == 2)
		assert(select(3, pcall(json.decode, "nul")):find("^json.decode: byte"))
		local ok, code, message = pcall(json.decode, '{"a":1,"a":2}')
		assert(code == -objclass.EINVAL and message:find("has already", 1, true), message)`,
	"in a coroutine": `
		local co = coroutine.wrap(function() return json.decode(json.encode{a = {1, 2}}) end)
		assert(co().a[2] == 2)`,
}

func TestJSON(t *testing.T) {
	e := newEngine(t, Options{})
	for name, script := range jsonScripts {
		t.Run(name, func(t *testing.T) {
			object, _ := newObject(objclass.RD)
			_, err := e.Run(context.Background(), &objclass.Invocation{
				Unit: unitOf("eval", prelude+script, true), Object: object, Budget: objclass.Budget{Wall: time.Minute},
			})
			if err != nil {
				t.Errorf("%v\n%s", err, asError(t, err).Traceback)
			}
			checkPristine(t, e)
		})
	}
}

// An uncaught error of json is one of the operation's: the client reads EINVAL, and where.
func TestUncaughtJSONError(t *testing.T) {
	e := newEngine(t, Options{})
	_, err := runScript(t, e, "function f(i, o) json.decode(i) end objclass.register(f)", "f", "[1,")
	got := asError(t, err)
	if !errors.Is(err, syscall.EINVAL) || got.Kind != objclass.KindOp || !strings.Contains(got.Message, "eval:1: json.decode: byte 4: ") {
		t.Errorf("%v (%s)", err, got.Kind)
	}
}

// roundTrip is a script that answers its input's value.
const roundTrip = "function f(i, o) o:append(json.encode(json.decode(i))) end objclass.register(f, objclass.RD)"

// reencode returns json.encode(json.decode(text)).
func reencode(t testing.TB, e *Engine, text []byte) ([]byte, error) {
	t.Helper()
	object, _ := newObject(objclass.RD)
	r, err := e.Run(context.Background(), &objclass.Invocation{
		Unit: unitOf("eval", roundTrip, true), Method: "f", Input: text, Object: object, Budget: objclass.Budget{Wall: time.Minute, CPU: time.Minute, Output: 16 << 20},
	})
	return r.Output, err
}

// FuzzJSON compares with Go's JSON, which takes more than RFC 8259 only where mayRefuse says so.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5,-0.0,1e5,1E-5,true,false,null],"b":{"c":"\u00e9\n\\\"\/"}}`, `[]`, `{}`, `""`, `0`, `-1`, `-`, `01`, `1.`, `.5`, `1e`, `+1`,
		`9223372036854775807`, `-9223372036854775808`, `9223372036854775808`, `18446744073709551616`, `1e308`, `1e309`, `0e309`, `1e-400`,
		`"\ud83d\ude00"`, `"\ud800"`, `"\udc00x"`, `"\x"`, `"` + "\x01" + `"`, `"` + "\xff" + `"`, `"` + "\x00" + `"`, "1\x00", "\ufeff1", "[1,]",
		`{"a":1,}`, `{"a" 1}`, `{1:2}`, `{"a":1,"a":2}`, `[1 2]`, `nul`, `NaN`, `Infinity`, `'a'`, `// c` + "\n1", "\v1", " \t\r\n1 \n",
		strings.Repeat("[", 200), strings.Repeat("[", 129) + strings.Repeat("]", 129), strings.Repeat("1", 400), "0." + strings.Repeat("1", 900),
	} {
		f.Add([]byte(seed))
	}
	e := newEngine(f, Options{})
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := reencode(t, e, text)
		checkPristine(t, e)
		if err != nil {
			if !errors.Is(err, syscall.EINVAL) || asError(t, err).Kind != objclass.KindOp {
				t.Fatalf("%q: %v", text, err)
			}
			if json.Valid(text) && !mayRefuse(text) {
				t.Fatalf("%q is JSON, but: %v", text, err)
			}
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q is no JSON, but gave %q", text, got)
		}
		if want, have := decodeGo(t, text), decodeGo(t, got); !reflect.DeepEqual(want, have) {
			t.Fatalf("%q became %q: %v, want %v", text, got, have, want)
		}
	})
}

// decodeGo decodes with Go: integers that fit are int64, other numbers float64.
func decodeGo(t testing.TB, text []byte) any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return numbers(v)
}

func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return n
		}
		x, _ := v.Float64()
		return x
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

// mayRefuse tells whether text, which Go takes for JSON, is more than RFC 8259 or this library has: invalid UTF-8, surrogates
// that stand alone, a name twice, numbers beyond floats (or such as 0e309), or more than 128 levels.
func mayRefuse(text []byte) bool {
	if !utf8.Valid(text) || bytes.Contains(bytes.ToLower(text), []byte(`\ud`)) {
		return true
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var names []map[string]bool // nil for an array
	for name := false; ; {
		token, err := d.Token()
		if err != nil {
			return false // the end
		}
		in := len(names) - 1
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{', '[':
				name = token == '{'
				names = append(names, map[string]bool{})
				if token == '[' {
					names[in+1] = nil
				}
				if len(names) > 128 {
					return true
				}
				continue
			default:
				names = names[:in]
			}
		case json.Number:
			if x, err := token.Float64(); err != nil || math.IsInf(x, 0) || exponent(token) > 308 {
				return true
			}
		case string:
			if name {
				if names[in][token] {
					return true
				}
				names[in][token] = true
				name = false
				continue
			}
		}
		name = len(names) > 0 && names[len(names)-1] != nil
	}
}

// exponent returns a number's, MaxInt when it is beyond that.
func exponent(n json.Number) int {
	_, e, _ := strings.Cut(strings.ToLower(string(n)), "e")
	if e == "" {
		return 0
	}
	v, _ := strconv.Atoi(e)
	return v
}

// The time of a text is that of its length: a quadratic step would take these 4 MiB hours.
func TestJSONIsLinear(t *testing.T) {
	const n = 4 << 20
	e := newEngine(t, Options{Arena: 256 << 20})
	for name, text := range map[string]string{
		"one string": `"` + strings.Repeat("x", n) + `"`,
		"escapes":    `"` + strings.Repeat(`\n`, n/2) + `"`,
		"array":      "[" + strings.Repeat("1,", n/2) + "1]",
		"digits":     strings.Repeat("1", 300) + "." + strings.Repeat("1", n),
		"exponent":   "1e" + strings.Repeat("0", n) + "1",
		"spaces":     strings.Repeat(" ", n) + "1",
		"names":      "{" + manyNames(n/16) + "}",
	} {
		object, _ := newObject(objclass.RD)
		r, err := e.Run(context.Background(), &objclass.Invocation{
			Unit: unitOf("eval", roundTrip, true), Method: "f", Input: []byte(text),
			Object: object, Budget: objclass.Budget{Wall: time.Minute, CPU: time.Minute, Output: 64 << 20},
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %d bytes in %v", name, len(text), r.Usage.CPU)
	}
}

// manyNames are n different members of an object.
func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"name%08d":%d`, i*7919%n, i)
	}
	return b.String()
}

// What the two files in C++ ask of others is Lua's, ours, or pure: nothing of C++'s library, and no heap.
func TestJSONAsksOfLibcOnlyWhatIsPure(t *testing.T) {
	for _, file := range []string{"json_decode.cc", "json_encode.cc"} {
		object := filepath.Join(t.TempDir(), file+".o")
		out, err := exec.Command("g++", "-std=c++17", "-O2", "-U_FORTIFY_SOURCE", "-fno-exceptions", "-fno-rtti",
			"-I/usr/include/lua5.4", "-c", file, "-o", object).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		asked := undefined(t, object)
		if len(asked) < 10 {
			t.Fatalf("found only %v", asked)
		}
		for symbol := range asked {
			if !strings.HasPrefix(symbol, "lua") && !strings.HasPrefix(symbol, "lv_") && !slices.Contains(pure, symbol) {
				t.Errorf("%s asks for %s", file, symbol)
			}
		}
	}
}
