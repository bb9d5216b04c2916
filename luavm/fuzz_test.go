//go:build lua54

// What every fuzz target of this package demands of a script, whatever it does: a legal outcome in time, a pristine VM, a
// write set that is what the script has seen, the same again when it is run again, and a next call that is right.

package luavm

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/storetest"
)

// Budgets of a fuzzed run, short, so that many are tried; and what a trial may take before it counts as hung.
const (
	fuzzWall = 30 * time.Millisecond
	hung     = 2 * time.Minute
)

// fuzzLimits keep the objects of fuzzed scripts small.
var fuzzLimits = store.Limits{ObjectSize: 1 << 20, XattrValue: 4096, OmapKey: 1024, OmapValue: 64 << 10, WriteSet: 4 << 20}

// A trial is a source that a fuzzer made up, and how it is run.
type trial struct {
	arena   int
	source  string
	handler string // or method
	input   string
	class   bool
	full    bool           // the object exists, and has some of everything
	flags   objclass.Flags // of the call
}

// ending is what came of a run.
type ending struct {
	result  objclass.Result
	err     *objclass.Error
	overlay *store.Overlay
}

func (e ending) String() string {
	if e.err != nil {
		return fmt.Sprintf("%s %s %q", e.err.ErrnoName(), e.err.Kind, e.err.Message)
	}
	return fmt.Sprintf("%d with %d bytes of output", e.result.Ret, len(e.result.Output))
}

// timely reports whether it was not time that ended the run.
func (e ending) timely() bool { return e.err == nil || e.err.Kind != objclass.TrapDeadline }

// objectBefore is the object beside which a trial runs.
func (tr *trial) objectBefore() *storetest.Model {
	m := &storetest.Model{}
	if tr.full {
		data := bytes.Repeat([]byte("0123456789"), 500)
		m.Apply(&store.WriteSet{
			Data:       &store.DataChange{Size: 5000, Extents: []store.Extent{{Len: 5000, Bytes: data}}},
			Xattrs:     map[string][]byte{"a": []byte("1"), "b\x00": {}, "big": data[:3000]},
			OmapHeader: []byte("header"),
			Omap:       map[string][]byte{"": []byte("empty"), "k1": []byte("v1"), "k2": data, "7": []byte("seven"), "\xff": {}},
		})
	}
	return m
}

// check runs the trial and fails t where something that must hold for every script does not.
func (tr *trial) check(t *testing.T) {
	alarm := time.AfterFunc(hung, func() { panic("a run does not end: " + tr.source) })
	defer alarm.Stop()
	if tr.flags == 0 {
		tr.flags = objclass.RD | objclass.WR
	}
	e := newEngine(t, Options{Arena: tr.arena, Slots: 2})
	unit := unitOf("fuzz", tr.source, !tr.class)
	first := tr.run(t, e, unit)
	again := tr.run(t, e, unit)
	tr.checkEffect(t, first)
	if first.timely() && again.timely() {
		checkSame(t, first, again)
	}
	tr.checkNextCall(t, e)
}

// run is one run. One that ends late is repeated: the machine may have stood still, but not each time.
func (tr *trial) run(t *testing.T, e *Engine, unit *objclass.Unit) (end ending) {
	for range 3 {
		began := time.Now()
		end = tr.runOnce(t, e, unit)
		// The budget counts twice, for the load and for the run.
		if took := time.Since(began); took < 2*fuzzWall+time.Second {
			return end
		}
	}
	t.Fatalf("three runs ended more than a second late; the last with %v", end)
	return end
}

func (tr *trial) runOnce(t *testing.T, e *Engine, unit *objclass.Unit) (end ending) {
	ctx := context.Background()
	end.overlay = store.NewOverlay(ctx, tr.objectBefore().Snapshot(3), fuzzLimits)
	result, err := e.Run(ctx, &objclass.Invocation{
		Unit: unit, Method: tr.handler, Input: []byte(tr.input),
		Object: objclass.NewObject(ctx, end.overlay, tr.flags),
		Ref:    store.Ref{Pool: "pool", OID: "fuzz"},
		Client: "client",
		Now:    time.Unix(1_700_000_000, 0),
		Seed:   objclass.Seed{1},
		Budget: objclass.Budget{Wall: fuzzWall, CPU: fuzzWall, Output: 1 << 20},
		Log:    func(int, string) {},
	})
	end.result = result
	if err != nil {
		end.err = asError(t, err)
		checkLegal(t, end.err)
	}
	if peak := result.Usage.PeakBytes; peak > int64(tr.arena) {
		t.Fatalf("%d bytes were used of an arena of %d", peak, tr.arena)
	}
	checkPristine(t, e)
	return end
}

// checkLegal fails for what no script can cause, as far as anyone knows: a fault, a panic or a host that failed.
func checkLegal(t *testing.T, e *objclass.Error) {
	t.Helper()
	want := ""
	switch e.Kind {
	case objclass.KindOp:
		want = e.ErrnoName() // any
	case objclass.KindScript:
		want = "EIO"
		if e.ErrnoName() == "EOPNOTSUPP" {
			return
		}
	case objclass.KindClass:
		want = "EOPNOTSUPP"
	case objclass.TrapDeadline:
		want = "ETIMEDOUT"
	case objclass.TrapMemory:
		want = "ENOMEM"
	}
	if e.ErrnoName() != want || e.Errno == 0 {
		t.Fatalf("outcome %s %s %q", e.ErrnoName(), e.Kind, e.Message)
	}
}

// read returns everything that can be read of an object, as text.
func read(t *testing.T, o *store.Overlay) string {
	t.Helper()
	data, err := o.Read(0, o.Size())
	if err != nil {
		t.Fatal(err)
	}
	header, err := o.OmapHeader()
	if err != nil {
		t.Fatal(err)
	}
	omap, _, err := o.OmapList("", "", -1)
	if err != nil {
		t.Fatal(err)
	}
	xattrs, err := o.Xattrs()
	return fmt.Sprintf("exists %v, xattrs %q (%v), header %q, omap %q, data %q", o.Exists(), xattrs, err, header, omap, data)
}

// checkEffect fails unless the object, after the write set was applied, is what the script saw at its end.
func (tr *trial) checkEffect(t *testing.T, end ending) {
	t.Helper()
	if end.err != nil {
		return // nothing is committed
	}
	seen := read(t, end.overlay)
	after := tr.objectBefore()
	if end.overlay.Changed() {
		after.Apply(end.overlay.WriteSet())
	}
	if tr.flags&objclass.WR == 0 && end.overlay.Changed() {
		t.Fatal("a call that may not write has changed the object")
	}
	got := read(t, store.NewOverlay(context.Background(), after.Snapshot(4), fuzzLimits))
	if got != seen {
		t.Fatalf("the object is\n%.500s\nand the script saw\n%.500s", got, seen)
	}
}

// checkSame fails unless two runs from the same image, beside the same object, ended alike.
func checkSame(t *testing.T, a, b ending) {
	t.Helper()
	if a.String() != b.String() || !bytes.Equal(a.result.Output, b.result.Output) {
		t.Fatalf("the first run: %v\n%.300q\nthe second: %v\n%.300q", a, a.result.Output, b, b.result.Output)
	}
	if a.err == nil && !reflect.DeepEqual(a.overlay.WriteSet(), b.overlay.WriteSet()) {
		t.Fatalf("the first write set: %+v\nthe second: %+v", a.overlay.WriteSet(), b.overlay.WriteSet())
	}
	if a.result.Usage.PeakBytes != b.result.Usage.PeakBytes || a.result.Usage.HostOps != b.result.Usage.HostOps {
		t.Fatalf("the first run used %+v, the second %+v", a.result.Usage, b.result.Usage)
	}
}

func (tr *trial) checkNextCall(t *testing.T, e *Engine) {
	t.Helper()
	object, overlay := newObject(objclass.RD | objclass.WR)
	got, err := e.Run(context.Background(), &objclass.Invocation{
		Unit: unitOf("next", `
			function echo(input, output)
				objclass.write_full(input)
				output:append(objclass.read(0, 0):str() .. ("!"):rep(3))
				return #input
			end
			objclass.register(echo)`, true),
		Method: "echo", Input: []byte("hello"), Object: object, Budget: objclass.Budget{Wall: hung, Output: 100},
	})
	if err != nil || got.Ret != 5 || string(got.Output) != "hello!!!" || overlay.Size() != 5 {
		t.Fatalf("the next call: %d, %q, %v", got.Ret, got.Output, err)
	}
	checkPristine(t, e)
}

// arenaOf chooses the size of an arena, from the smallest on in steps of a page, up to 1 MiB.
func arenaOf(b byte) int {
	pages := []int{0, 0, 0, 1, 3, 16, 48, 112, 240}
	return MinArena + (pages[int(b>>4)%len(pages)]+int(b%16))*4096
}

// FuzzChunk gives the parser any bytes, as a script and as a class.
func FuzzChunk(f *testing.F) {
	for _, script := range scripts {
		f.Add([]byte(prelude+script), false)
	}
	for _, source := range chunkSeeds {
		f.Add([]byte(source), true)
	}
	f.Fuzz(func(t *testing.T, source []byte, class bool) {
		tr := trial{arena: 1 << 20, source: string(source), handler: "f", class: class}
		tr.check(t)
	})
}

// chunkSeeds show the parser what else there is.
var chunkSeeds = []string{
	"function f(i, o) o:append(i) return #i end objclass.register(f)",
	"local x <const>, y <close> = 1, nil goto e ::e:: return x",
	"local _ENV <const> = {} x = 1",
	"local _ENV <const> = 1 function f() return x end",
	"for i = 1, 3 do local function g(...) return i, ... end x = g end",
	"return 0x.8p-2, 1e308, 0xffffffffffffffffff, '\\z  \\x41\\u{7fffffff}\\065', [==[\n]]]==], --[[ ]] 5 // 2 ~ 3 >> 1",
	"a.b.c:d{1, [2] = 3; x = 4,}'s'[5].e = not -#~f and g or h .. i",
	"\xef\xbb\xbf#!first line\nreturn 1",
	"\x1bLua\x54\x00\x19\x93\r\n\x1a\n",
	"local n = string.gmatch(('a'):rep(9000), ('a?'):rep(9000)) pcall(n) n()",
	"local t = setmetatable({}, setmetatable({__newindex = {}}, {__mode = 'v'})) for i = 1, 99 do t[i] = {} end",
	"local co = coroutine.wrap(function(...) return pcall(coroutine.yield, ...) end) co(co(1)) co()",
	"repeat local x = 1 goto continue; local y ::continue:: until true",
	"x = " + repeated("(", 150) + "1" + repeated(")", 150),
	"x = " + repeated("{", 150) + repeated("}", 150),
	"x = {" + repeated("0.5,", 300) + "}",
	"local a" + repeated(", a", 190) + " = ...",
	"return " + repeated("a..", 200) + "a",
	repeated("do ", 150) + repeated("end ", 150),
}

func repeated(s string, n int) string { return string(bytes.Repeat([]byte(s), n)) }
