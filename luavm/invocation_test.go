//go:build lua54

// What a script is told of its run: the time, the object's name, the caller, and random bytes.

package luavm

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// told runs a method of a class that puts out what body returns, in the invocation inv. Runs of one body share a VM.
func told(t *testing.T, e *Engine, body string, inv objclass.Invocation) (output string, after *objclass.Invocation) {
	t.Helper()
	source := `
		local function text(v)
			if type(v) ~= "table" then return tostring(v) end
			local fields = {}
			for name, value in pairs(v) do fields[#fields + 1] = name .. "=" .. value end
			table.sort(fields)
			return table.concat(fields, " ")
		end
		function f(i, o)
			for _, v in ipairs{(function() ` + body + ` end)()} do o:append(text(v) .. "\n") end
		end
		objclass.register(f, objclass.RD)`
	inv.Unit, inv.Method, inv.Budget = unitOf("told.lua", source, false), "f", testBudget
	inv.Object, _ = newObject(objclass.RD)
	got, err := e.Run(context.Background(), &inv)
	if err != nil {
		t.Fatal(err)
	}
	checkPristine(t, e)
	return string(got.Output), &inv
}

func TestScriptsKnowWhenTheirRunBegan(t *testing.T) {
	e := newEngine(t, Options{})
	for want, now := range map[string]time.Time{
		"1700000000123456789\n": time.Unix(1700000000, 123456789),
		"-1\n":                  time.Unix(0, -1),
		"0\n":                   time.Unix(0, 0),
	} {
		got, _ := told(t, e, "assert(math.type(objclass.now()) == 'integer') return objclass.now()", objclass.Invocation{Now: now})
		if got != want {
			t.Errorf("now() at %v is %q, want %q", now, got, want)
		}
	}
}

// An object that the run itself creates has the run's time.
func TestRunsCreateAtTheirTime(t *testing.T) {
	e := newEngine(t, Options{})
	object, _ := newObject(objclass.RD | objclass.WR)
	inv := &objclass.Invocation{
		Unit:   unitOf("eval", "objclass.create() assert(select(2, objclass.stat()) == 1234 and objclass.now() == 1234000000005)", true),
		Object: object, Now: time.Unix(1234, 5), Budget: testBudget,
	}
	if _, err := e.Run(context.Background(), inv); err != nil {
		t.Error(err)
	}
	before := time.Now()
	inv = &objclass.Invocation{Unit: unitOf("eval", "", true), Budget: testBudget}
	if _, err := e.Run(context.Background(), inv); err != nil || inv.Now.Before(before) || inv.Now.After(time.Now()) {
		t.Errorf("a run without a time began at %v, %v", inv.Now, err)
	}
}

func TestScriptsKnowTheirObjectAndCaller(t *testing.T) {
	e := newEngine(t, Options{})
	long := strings.Repeat("o\x00", 5000) // more than the border takes at once
	for oid, want := range map[string]string{
		"a\x00b": "namespace= oid=a\x00b pool=p\n",
		long:     "namespace= oid=" + long + " pool=p\n",
	} {
		if got, _ := told(t, e, "return objclass.object()", objclass.Invocation{Ref: store.Ref{Pool: "p", OID: oid}}); got != want {
			t.Errorf("object() is %q, want %q", got, want)
		}
	}
	got, inv := told(t, e, "return objclass.caller()", objclass.Invocation{Client: "127.0.0.1:1", User: "alice", Class: "told"})
	if want := "class=told client=127.0.0.1:1 method=f user=alice version=" + inv.Unit.Version + "\n"; got != want {
		t.Errorf("caller() is %q, want %q", got, want)
	}
	got, inv = told(t, e, "objclass.caller().method = 'x' return objclass.caller()", objclass.Invocation{Client: "c"})
	if want := "client=c method=f version=" + inv.Unit.Version + "\n"; got != want {
		t.Errorf("caller() without a class is %q, want %q", got, want)
	}
}

// What a run of that seed draws is what ChaCha8 of that seed gives (the vector is that of the C2SP's chacha8rand), in any
// version of any library: a run is replayed by its seed.
func TestRandomStream(t *testing.T) {
	e := newEngine(t, Options{})
	const first = "a516463d06b673b7" + "3cbc6aa622af6011"
	hex := `local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end `
	seed := objclass.Seed([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ123456"))
	for body, want := range map[string]string{
		"return hex(objclass.random_bytes(16))":                                                     first + "\n",
		"return hex(objclass.random_bytes(7) .. objclass.random_bytes(9))":                          first + "\n",
		"return hex(string.pack('jj', math.randomseed()))":                                          first + "\n",
		"return #objclass.random_bytes(0), #objclass.random_bytes(65536)":                           "0\n65536\n",
		"math.randomseed(5) return hex(objclass.random_bytes(16))":                                  first + "\n",
		"math.random() return objclass.random_bytes(16) == '" + first + "'":                         "false\n",
		"return pcall(objclass.random_bytes, -1)":                                                   "false\n-22\nrandom_bytes: a call gives 0 to 65536 bytes\n",
		"return (select(2, pcall(objclass.random_bytes, 65537)))":                                   "-22\n",
		"return select('#', pcall(objclass.random_bytes, 'a'))":                                     "2\n",
		"local a = math.random(0) return a == math.random(0)":                                       "false\n",
		"local a = math.randomseed() return a == math.randomseed()":                                 "false\n",
		"math.randomseed(7) local a = math.random(0) math.randomseed(7) return a == math.random(0)": "true\n",
	} {
		if got, _ := told(t, e, hex+body, objclass.Invocation{Seed: seed}); !strings.HasSuffix(got, want) {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

// A run without a seed takes one when the script asks, and leaves it: with it, another run draws the same.
func TestSeedOfARun(t *testing.T) {
	e := newEngine(t, Options{})
	for _, body := range []string{"return objclass.random_bytes(32)", "return math.random(0)"} {
		drawn := map[string]bool{}
		for range 5 {
			got, inv := told(t, e, body, objclass.Invocation{})
			if drawn[got] {
				t.Errorf("%s: two runs drew the same", body)
			}
			drawn[got] = true
			if again, _ := told(t, e, body, objclass.Invocation{Seed: inv.Seed}); again != got {
				t.Errorf("%s: %q, and with its seed again %q", body, got, again)
			}
		}
	}
	if _, inv := told(t, e, "return 1", objclass.Invocation{}); inv.Seed != (objclass.Seed{}) {
		t.Error("a run that asked for nothing random took a seed")
	}
}

func TestNothingOfARunIsKnownWhileLoading(t *testing.T) {
	e := newEngine(t, Options{})
	for _, call := range []string{"now()", "object()", "caller()", "random_bytes(1)"} {
		_, err := e.Load(context.Background(), unitOf("early.lua", "objclass."+call, false), testBudget)
		if got := asError(t, err); got.ErrnoName() != "EPERM" {
			t.Errorf("%s: %s %q", call, got.ErrnoName(), got.Message)
		}
	}
}
