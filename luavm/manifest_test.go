//go:build lua54

package luavm

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/objluad/objluad/objclass"
)

// What a class gives to objclass.manifest arrives as it is, bytes that are no text among it.
func TestManifestIsHandedOver(t *testing.T) {
	e := newEngine(t, Options{})
	loaded, err := e.Load(context.Background(), unitOf("c.lua", `
		function f() end
		objclass.register(f)
		objclass.manifest{
			doc = "d\0\xff", [1] = 5, [2.5] = 2.5, [true] = false, [false] = true,
			methods = {f = {flags = objclass.RD, doc = ("x"):rep(1000)}}, empty = {}, print, [print] = 1, [{}] = coroutine.create(f),
		}`, false), ampleBudget)
	if err != nil {
		t.Fatal(err)
	}
	want := objclass.Table{
		"doc": "d\x00\xff", int64(1): objclass.OtherValue("function"), 2.5: 2.5, true: false, false: true,
		"methods": objclass.Table{"f": objclass.Table{"flags": int64(objclass.RD), "doc": strings.Repeat("x", 1000)}}, "empty": objclass.Table{},
		objclass.OtherValue("function"): int64(1), objclass.OtherValue("table"): objclass.OtherValue("thread"),
	}
	if !reflect.DeepEqual(loaded.Manifest, want) || loaded.ManifestAt != "c.lua:4: " || loaded.ImageBytes < 10000 {
		t.Errorf("got %#v at %q, image %d", loaded.Manifest, loaded.ManifestAt, loaded.ImageBytes)
	}
}

func TestManifestsThatAreNone(t *testing.T) {
	e := newEngine(t, Options{})
	for _, tt := range []struct{ source, errno, message string }{
		{"objclass.manifest()", "EIO", "table expected"},
		{"objclass.manifest('x')", "EIO", "table expected"},
		{"objclass.manifest{} objclass.manifest{}", "EINVAL", "c.lua:1: the manifest was given already"},
		{"objclass.manifest{('x'):rep(65536)}", "EIO", "65536 bytes"},
		{"objclass.manifest{('x'):rep(65535 - 7)}", "EIO", "65536 bytes"},
		{"local t = {} for i = 1, 20000 do t[i] = i end objclass.manifest(t)", "EIO", "65536 bytes"},
		{"local t = {} t.t = t objclass.manifest(t)", "EIO", "within each other"},
		{"local t = {} for i = 1, 100 do t[i] = t end objclass.manifest(t)", "EIO", "a manifest has at most"},
		{"objclass.manifest(setmetatable({}, {__index = error, __pairs = error, __len = error})) error('reached')", "EIO", "reached"},
	} {
		_, err := e.Load(context.Background(), unitOf("c.lua", tt.source, false), ampleBudget)
		if got := asError(t, err); got.ErrnoName() != tt.errno || !strings.Contains(got.Message, tt.message) {
			t.Errorf("%s: got %s %q, want %s %q", tt.source, got.ErrnoName(), got.Message, tt.errno, tt.message)
		}
	}
	for _, source := range []string{"objclass.manifest{}", "pcall(objclass.manifest, {}) local ok, e = pcall(objclass.manifest, {}) error(e, 0)"} {
		if _, err := runScript(t, e, source, "", ""); err == nil || !strings.Contains(err.Error(), "while a class is loaded") {
			t.Errorf("a script's manifest: %v", err)
		}
	}
}

// A method has the memory that its budget says, and not what a read of the object takes beyond that.
func TestMemoryBudget(t *testing.T) {
	e := newEngine(t, Options{Arena: 8 << 20})
	unit := unitOf("c.lua", prelude+`
		function take(input) return #("x"):rep(tonumber(input:str())) >> 10 end
		function read() fails(objclass.ENOMEM, objclass.read, 0, 0) assert(#objclass.read(0, 1 << 19) == 1 << 19) end
		objclass.register(take)
		objclass.register(read)`, false)
	for _, tt := range []struct {
		memory int64
		input  string
		kind   objclass.Kind
	}{
		{0, "4000000", ""}, {1 << 20, "400000", ""}, {1 << 20, "1048576", objclass.TrapMemory},
		{0, "9000000", objclass.TrapMemory}, {1 << 40, "4000000", ""}, {1, "1000", objclass.TrapMemory}, {0, "4000000", ""},
	} {
		object, overlay := newObject(objclass.RD)
		budget := ampleBudget
		budget.Memory = tt.memory
		_, err := e.Run(context.Background(), &objclass.Invocation{Unit: unit, Method: "take", Input: []byte(tt.input), Object: object, Budget: budget})
		kind := objclass.Kind("")
		if err != nil {
			kind = asError(t, err).Kind
		}
		if kind != tt.kind {
			t.Errorf("%s bytes of %d: %v, want %q", tt.input, tt.memory, err, tt.kind)
		}
		if tt.memory != 1<<20 {
			continue
		}
		if err := overlay.Write(2<<20, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Run(context.Background(), &objclass.Invocation{Unit: unit, Method: "read", Object: object, Budget: budget}); err != nil {
			t.Error(err)
		}
	}
	checkPristine(t, e)
}
