//go:build lua54

package luavm

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

func itoa(n int32) string { return strconv.Itoa(int(n)) }

func TestLoadReturnsMethods(t *testing.T) {
	e := newEngine(t, Options{})
	loaded, err := e.Load(context.Background(), unitOf("c.lua", `
		function write() end
		function read() end
		function any() end
		function helper() end
		objclass.register(write, objclass.WR)
		objclass.register(read, objclass.RD)
		objclass.register(any)
		objclass.register(function() end)`, false), testBudget)
	want := []objclass.Method{{Name: "any", Flags: objclass.RD | objclass.WR}, {Name: "read", Flags: objclass.RD}, {Name: "write", Flags: objclass.WR}}
	if err != nil || !reflect.DeepEqual(loaded.Methods, want) || loaded.Manifest != nil {
		t.Errorf("got %+v, %v", loaded, err)
	}
}

func TestLoadFailures(t *testing.T) {
	e := newEngine(t, Options{})
	for _, tt := range []struct{ name, source, errno, message string }{
		{"syntax", "\n\nfunction (", "EIO", "c.lua:3: <name> expected"},
		{"bytecode", "\x1bLua", "EIO", "attempt to load a binary chunk"},
		{"error", "error('at load')", "EIO", "c.lua:1: at load"},
		{"loop", "while true do end", "ETIMEDOUT", "c.lua:1: over 50 ms"},
		{"memory", "x = ('x'):rep(1 << 30)", "ENOMEM", "arena"},
		{"operation", "objclass.create()", "EPERM", "no object"},
		{"operation in pcall", "local ok, e = pcall(objclass.read, 0, 0) error(tostring(e), 0)", "EIO", "-1"},
		{"deep nesting", strings.Repeat("(", 10000), "EIO", "C stack overflow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := e.Load(context.Background(), unitOf("c.lua", tt.source, false), testBudget)
			got := asError(t, err)
			if got.ErrnoName() != tt.errno || !strings.Contains(got.Message, tt.message) {
				t.Errorf("got %s %q, want %s %q", got.ErrnoName(), got.Message, tt.errno, tt.message)
			}
			if place, _, ok := strings.Cut(tt.message, ": "); ok && got.Where != place {
				t.Errorf("where is %q, want %q", got.Where, place)
			}
		})
	}
	if stats := e.Stats(); stats.Slots != 0 || stats.Busy != 0 {
		t.Errorf("slots were left: %+v", stats)
	}
}

func TestSlotsAreBounded(t *testing.T) {
	e := newEngine(t, Options{Slots: 4})
	for i := range 50 {
		source := fmt.Sprintf("function f() return %d end objclass.register(f)", i%10)
		got, err := runScript(t, e, source, "f", "")
		if err != nil || int(got.Ret) != i%10 {
			t.Fatalf("got %d, %v", got.Ret, err)
		}
		if n := e.Stats().Slots; n > 4 {
			t.Fatalf("%d slots", n)
		}
	}
	stats := e.Stats()
	if stats.Created-stats.Destroyed != uint64(stats.Slots) || stats.Busy != 0 {
		t.Errorf("%+v", stats)
	}
}

// A Go panic inside a host call is the trap host, and costs the slot.
func TestPanicInHostCall(t *testing.T) {
	e := newEngine(t, Options{})
	for _, call := range []string{"stat", "current_version"} {
		_, err := e.Run(context.Background(), &objclass.Invocation{
			Unit: unitOf("eval", "pcall(objclass."+call+")", true), Object: nil, Budget: testBudget,
		})
		if got := asError(t, err); got.Kind != objclass.TrapHost || got.ErrnoName() != "EIO" {
			t.Errorf("%s: got %s %s", call, got.ErrnoName(), got.Kind)
		}
	}
	if n := e.Stats().Slots; n != 0 {
		t.Errorf("%d slots are left", n)
	}
}

// Good and hostile runs at once, each with the outcome that it has alone.
func TestConcurrentRuns(t *testing.T) {
	e := newEngine(t, Options{})
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			for i := range 20 {
				if (worker+i)%4 == 0 {
					_, err := runScript(t, e, "while true do pcall(function() while true do end end) end", "", "")
					if got := asError(t, err); got.Kind != objclass.TrapDeadline {
						t.Errorf("hostile: %v", err)
					}
					continue
				}
				got, err := runScript(t, e, "n = 0 function f(i) n = n + #i return n end objclass.register(f)", "f", strings.Repeat("x", i))
				if err != nil && asError(t, err).Kind != objclass.TrapDeadline || err == nil && int(got.Ret) != i {
					t.Errorf("good: %d, %v", got.Ret, err)
				}
			}
		})
	}
	workers.Wait()
	checkPristine(t, e)
}

// An object may be larger than a VM: reading it whole is refused before anything is allocated, reading parts works.
func TestReadsAreBoundedByTheArena(t *testing.T) {
	e := newEngine(t, Options{Arena: 1 << 20})
	object, overlay := newObject(objclass.RD)
	if err := errors.Join(overlay.Create(true), overlay.Truncate(100<<20)); err != nil {
		t.Fatal(err)
	}
	_, err := e.Run(context.Background(), &objclass.Invocation{
		Unit: unitOf("eval", prelude+`
			fails(objclass.ENOMEM, objclass.read, 0, 0)
			fails(objclass.ENOMEM, objclass.read, 5, 2 << 20)
			assert(#objclass.read(100 << 20, 0) == 0 and #objclass.read((100 << 20) - 5, 0) == 5 and #objclass.read(1, 1000) == 1000)
			fails(objclass.ENOMEM, objclass.read, 0, -1)
			assert(#objclass.read(-1, 5) == 0)`, true),
		Object: object, Budget: objclass.Budget{},
	})
	if err != nil {
		t.Error(err)
	}
}

// A class may log while it is loaded.
func TestLogWhileLoading(t *testing.T) {
	e := newEngine(t, Options{})
	_, err := e.Load(context.Background(), unitOf("c.lua", "assert(objclass.log(0, 'loading') == 'loading') print('x')", false), testBudget)
	if err != nil {
		t.Error(err)
	}
}

// A run's messages are bounded in number and size.
func TestLogIsBounded(t *testing.T) {
	e := newEngine(t, Options{})
	var messages []string
	object, _ := newObject(objclass.RD)
	_, err := e.Run(context.Background(), &objclass.Invocation{
		Unit:   unitOf("eval", "for i = 1, 1000 do assert(#objclass.log(0, ('x'):rep(10000)) == 10000) end", true),
		Object: object, Log: func(_ int, m string) { messages = append(messages, m) },
	})
	if err != nil || len(messages) != 101 || len(messages[0]) != 4096 || messages[100] != "further messages of this call are left out" {
		t.Errorf("%d messages, error %v", len(messages), err)
	}
}

// An image is bounded, and so is what all idle VMs hold.
func TestImagesAreBounded(t *testing.T) {
	e := newEngine(t, Options{})
	_, err := e.Load(context.Background(), unitOf("c.lua", "big = ('x'):rep(5 << 20)", false), objclass.Budget{})
	if got := asError(t, err); got.ErrnoName() != "ENOMEM" || !strings.Contains(got.Message, "image") {
		t.Errorf("a large image: %s %q", got.ErrnoName(), got.Message)
	}
	e = newEngine(t, Options{Memory: 8 << 20})
	for i := range 20 {
		source := fmt.Sprintf("x = 'text %d' big = ('x'):rep(1 << 19) function f() return #big end objclass.register(f)", i)
		unit := unitOf("c.lua", source, false)
		object, _ := newObject(objclass.RD)
		got, err := e.Run(context.Background(), &objclass.Invocation{Unit: unit, Method: "f", Object: object})
		if err != nil || got.Ret != 1<<19 {
			t.Fatalf("got %d, %v", got.Ret, err)
		}
		if n := e.Stats().Slots; n > 4 {
			t.Fatalf("%d VMs with images of about 1 MiB in 8 MiB", n)
		}
	}
}

// After a fault no VM is used again: not those that idled, and not those that ran or were being made.
func TestFaultMakesAllVMsAnew(t *testing.T) {
	e := newEngine(t, Options{})
	source := "function f() return 7 end objclass.register(f)"
	if _, err := runScript(t, e, source, "f", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := runScript(t, e, "x = 1", "", ""); err != nil {
		t.Fatal(err)
	}
	running := e.takeIdle(keyOf(unitOf("eval", source, true)))
	e.distrust()
	if stats := e.Stats(); stats.Slots != 1 || stats.Busy != 1 {
		t.Errorf("idle VMs are left: %+v", stats)
	}
	e.giveBack(running)
	if stats := e.Stats(); stats.Slots != 0 || e.held != 0 || stats.ImageBytes != 0 {
		t.Errorf("the VM that ran is left: %+v, %d bytes", stats, e.held)
	}
	if got, err := runScript(t, e, source, "f", ""); err != nil || got.Ret != 7 {
		t.Errorf("the next run: %d, %v", got.Ret, err)
	}
}

// A listing that the store cuts short because of its size is an error, not a shorter list.
func TestListingsAreWhole(t *testing.T) {
	for _, tt := range []struct {
		n    int
		more bool
		max  int64
		cut  bool
	}{{5, false, -1, false}, {5, true, 5, false}, {5, true, -1, true}, {5, true, 10, true}, {0, true, 0, false}} {
		if err := checkWhole(tt.n, tt.more, tt.max); (err != nil) != tt.cut {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// A script, a class, and another class may have the same source: each runs as what it is, and is named in its errors.
func TestOneSourceAsScriptAndClasses(t *testing.T) {
	e := newEngine(t, Options{})
	const source = "local n = 1\nfunction fail() error(\"at \" .. n) end\nobjclass.register(fail)\nn = n + 1"
	run := func(unit *objclass.Unit, method string) error {
		object, _ := newObject(objclass.RD | objclass.WR)
		_, err := e.Run(context.Background(), &objclass.Invocation{Unit: unit, Method: method, Object: object, Budget: testBudget})
		return err
	}
	for range 2 {
		for _, unit := range []*objclass.Unit{unitOf("a.lua", source, false), unitOf("eval", source, true), unitOf("b.lua", source, false)} {
			if got := asError(t, run(unit, "fail")); got.Message != unit.Name+":2: at 2" {
				t.Errorf("%s failed with %q", unit.Name, got.Message)
			}
		}
		if err := run(unitOf("eval", source, true), ""); err != nil {
			t.Errorf("the script without a handler: %v", err)
		}
	}
}

// Of an omap or of xattrs no more is read than the VM could take.
func TestListingsAreBoundedByTheArena(t *testing.T) {
	e := newEngine(t, Options{Arena: 1 << 20})
	snap := &fatSnapshot{}
	overlay := store.NewOverlay(context.Background(), snap, store.Limits{})
	_, err := e.Run(context.Background(), &objclass.Invocation{
		Unit: unitOf("eval", prelude+`
			fails(objclass.EFBIG, objclass.map_get_vals, "", "", -1)
			fails(objclass.EFBIG, objclass.map_get_keys, "", -1)
			assert(next(objclass.map_get_vals("", "", 1)) and next(objclass.map_get_keys("", 1)))
			objclass.getxattrs()`, true),
		Object: objclass.NewObject(context.Background(), overlay, objclass.RD), Budget: objclass.Budget{},
	})
	if err != nil {
		t.Error(err)
	}
	if snap.values > 18 || snap.keys > 10_000 || snap.xattrs != 1<<20 {
		t.Errorf("%d values of 64 KiB and %d keys were read for 1 MiB; xattrs were bounded to %d bytes", snap.values, snap.keys, snap.xattrs)
	}
}

// fatSnapshot has an omap without end.
type fatSnapshot struct {
	absent
	values, keys int
	xattrs       int64
}

func (s *fatSnapshot) Stat() (store.Stat, bool) { return store.Stat{Version: 1}, true }

func (s *fatSnapshot) Xattrs(most int64) ([]store.KeyValue, error) {
	s.xattrs = most
	return nil, nil
}

func (s *fatSnapshot) OmapIter(string) (store.OmapIter, error) { return &endless{snap: s}, nil }

type endless struct {
	noPairs
	snap *fatSnapshot
	n    int
}

func (it *endless) Next() bool {
	it.n++
	it.snap.keys++
	return true
}

func (it *endless) Key() string { return fmt.Sprintf("%09d", it.n) }

func (it *endless) Value() ([]byte, error) {
	it.snap.values++
	return make([]byte, 64<<10), nil
}

// Pairs are taken from the VM only as long as the call has not ended.
func TestParsingPairsEndsWithTheCall(t *testing.T) {
	var records []byte
	for range 10_000 {
		records = appendField(appendField(records, "key"), "value")
	}
	for most := 0; ; most++ {
		looks := 0
		pairs, err := parsePairs(records, func() error {
			if looks++; looks > most {
				return context.Canceled
			}
			return nil
		})
		if err == nil {
			if len(pairs) != 10_000 || looks < 9 {
				t.Errorf("%d pairs, %d looks", len(pairs), looks)
			}
			return
		}
		if looks != most+1 {
			t.Fatalf("%d looks, of which %d were good: %v", looks, most, err)
		}
	}
}
