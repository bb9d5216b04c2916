// This file is bundles that somebody made, with a checksum that is right.

package objclass

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/store"
)

func newTestBundle() *Bundle {
	return &Bundle{
		Unit:   bundleUnit{Name: "c.lua", Version: "v", Source: "return 1"},
		Class:  "c",
		Method: "f",
		Flags:  "RD|WR",
		Now:    time.Unix(1, 0),
		Seed:   make([]byte, len(Seed{})),
		Budget: bundleBudget{Wall: 1e9, CPU: 1e9, Memory: 1 << 20, Output: 1 << 20},
		Arena:  1 << 20,
		Limits: store.Limits{}.WithDefaults(),
		Object: bundleObject{Pool: "default", OID: "o", Exists: true, Data: "data"},
	}
}

// chain is modules each of which requires the next, and the last what end says.
func chain(length, end int) (modules []bundleModule) {
	for i := range length {
		next := map[string]int{"m": i + 1}
		if i == length-1 {
			next = map[string]int{"m": end}
		}
		modules = append(modules, bundleModule{Name: "m.lua", Needs: next})
	}
	return modules
}

func TestHostileBundlesAreRefused(t *testing.T) {
	for what, change := range map[string]func(*Bundle){
		"no time to run":              func(b *Bundle) { b.Budget.Wall = 0 },
		"endless time to run":         func(b *Bundle) { b.Budget.CPU = math.MaxInt64 },
		"a negative budget":           func(b *Bundle) { b.Budget.Memory = -1 },
		"a negative output":           func(b *Bundle) { b.Budget.Output = -1 },
		"a negative arena":            func(b *Bundle) { b.Arena = math.MinInt64 },
		"a short seed":                func(b *Bundle) { b.Seed = b.Seed[1:] },
		"no clock":                    func(b *Bundle) { b.Now = time.Time{} },
		"unknown flags":               func(b *Bundle) { b.Flags = "WR|RD" },
		"writes that fill the memory": func(b *Bundle) { b.Limits.WriteSet = math.MaxInt64 },
		"a negative write set":        func(b *Bundle) { b.Limits.WriteSet = -1 },
		"negative limits":             func(b *Bundle) { b.Limits.ObjectSize = math.MinInt64 },
		"negative names":              func(b *Bundle) { b.Limits.OmapKey = -1 },
		"no object id":                func(b *Bundle) { b.Object.OID = "" },
		"a long object id":            func(b *Bundle) { b.Object.OID = bundleBytes(strings.Repeat("x", 1<<20)) },
		"a reserved pool":             func(b *Bundle) { b.Object.Pool = ".objluad" },
		"no class name":               func(b *Bundle) { b.Class = "a\x00b" },
		"xattrs out of order":         func(b *Bundle) { b.Object.Xattrs = []bundlePair{{"b", ""}, {"a", ""}} },
		"an omap key twice":           func(b *Bundle) { b.Object.Omap = []bundlePair{{"a", ""}, {"a", ""}} },
		"a chunk name with a zero":    func(b *Bundle) { b.Unit.Name = "c\x00.lua" },
		"a long chunk name":           func(b *Bundle) { b.Unit.Name = strings.Repeat("x", 1<<20) },
		"bytecode":                    func(b *Bundle) { b.Unit.Source = "\x1bLua" },
		"bytecode in a module":        func(b *Bundle) { b.Unit.Modules = []bundleModule{{Name: "m.lua", Source: "\x1bLua"}} },
		"a requirement before all":    func(b *Bundle) { b.Unit.Needs = map[string]int{"m": -1} },
		"a requirement behind all":    func(b *Bundle) { b.Unit.Needs, b.Unit.Modules = map[string]int{"m": 2}, chain(2, 1) },
		"a module of itself":          func(b *Bundle) { b.Unit.Needs, b.Unit.Modules = map[string]int{"m": 0}, chain(1, 0) },
		"modules in a circle":         func(b *Bundle) { b.Unit.Needs, b.Unit.Modules = map[string]int{"m": 0}, chain(40, 20) },
		"too many modules":            func(b *Bundle) { b.Unit.Modules = make([]bundleModule, maxModules+1) },
	} {
		b := newTestBundle()
		change(b)
		text, err := b.Encode()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if _, err := DecodeBundle(text); !errors.Is(err, syscall.EINVAL) || len(err.Error()) > 300 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want EINVAL in a line", what, err)
		}
	}
}

func TestBundlesThatAreFine(t *testing.T) {
	for what, change := range map[string]func(*Bundle){
		"as it is":  func(*Bundle) {},
		"a script":  func(b *Bundle) { b.Class, b.Unit = "", bundleUnit{Name: "eval", Script: true} },
		"no object": func(b *Bundle) { b.Object = bundleObject{Pool: "p", Namespace: "n\x00", OID: "\xff\x00"} },
		"modules in a chain": func(b *Bundle) {
			b.Unit.Needs, b.Unit.Modules = map[string]int{"m": 0}, chain(2, 0)
			b.Unit.Modules[1].Needs = nil
		},
	} {
		b := newTestBundle()
		change(b)
		text, err := b.Encode()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		decoded, err := DecodeBundle(text)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if again, err := decoded.Encode(); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%s: %v, it became\n%s\nof\n%s", what, err, again, text)
		}
	}
}

func TestHugeBundleIsRefused(t *testing.T) {
	if _, err := DecodeBundle(make([]byte, MaxBundle+1)); !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%v, want EINVAL", err)
	}
}
