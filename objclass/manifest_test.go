package objclass

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

// methodTable is a manifest of method "m" with these fields.
func methodTable(fields Table) Table { return Table{"methods": Table{"m": fields}} }

func TestInstallRefusesManifests(t *testing.T) {
	h := newHouse(t, Options{MaxTimeout: time.Minute, Budget: Budget{Memory: 1 << 20, Output: 1 << 10}}, nil)
	grant := func(what string, v any) Table { return Table{"capabilities": Table{what: v}} }
	tooMany := Table{}
	for i := range int64(65) {
		tooMany[i+1] = "p"
	}
	for _, c := range []struct {
		table Table
		text  string
	}{
		{Table{"docs": "x"}, "docs is unknown; there are capabilities, doc, methods"},
		{Table{int64(1): "x"}, "[1] is unknown"},
		{Table{"": "x"}, `[""] is unknown`},
		{Table{"doc": int64(5)}, "doc is 5, not a string"},
		{Table{"doc": "\xff"}, "doc is not UTF-8"},
		{Table{"doc": OtherValue("function")}, "doc is a function, not a string"},
		{Table{"methods": "m"}, "methods is a string, not a table"},
		{Table{"methods": Table{int64(1): "m"}}, "methods[1] is no name of a method"},
		{Table{"methods": Table{"n": Table{}}}, "methods.n is not registered; registered: m"},
		{Table{"methods": Table{"a b": Table{}}}, `methods["a b"] is not registered`},
		{Table{"methods": Table{"m": true}}, "methods.m is true, not a table"},
		{methodTable(Table{"timeout": int64(5)}), "methods.m.timeout is unknown; there are cpu_ms, doc, flags, input, memory_bytes, output, output_bytes, timeout_ms"},
		{methodTable(Table{"flags": int64(4)}), "methods.m.flags is 4; flags are objclass.RD, objclass.WR, or both"},
		{methodTable(Table{"flags": int64(0)}), "methods.m.flags is 0"},
		{methodTable(Table{"flags": "RD"}), "methods.m.flags is a string, not flags"},
		{methodTable(Table{"flags": int64(RD | WR)}), "methods.m.flags is RD|WR, but the method is registered with RD"},
		{methodTable(Table{"input": "xml"}), `methods.m.input is "xml"; it is one of none, text, json, bytes`},
		{methodTable(Table{"output": false}), "methods.m.output is false, not a string"},
		{methodTable(Table{"timeout_ms": int64(60001)}), "methods.m.timeout_ms is 60001, the server's limit is 60000"},
		{methodTable(Table{"timeout_ms": int64(0)}), "methods.m.timeout_ms is 0; the least is 1"},
		{methodTable(Table{"timeout_ms": 0.5}), "methods.m.timeout_ms is 0.5, not an integer"},
		{methodTable(Table{"cpu_ms": int64(1 << 62)}), "methods.m.cpu_ms is 4611686018427387904, the server's limit is 60000"},
		{methodTable(Table{"memory_bytes": int64(1<<20 + 1)}), "methods.m.memory_bytes is 1048577, the server's limit is 1048576"},
		{methodTable(Table{"memory_bytes": int64(999)}), "methods.m.memory_bytes is 999, but the class takes 1000 when it is loaded"},
		{methodTable(Table{"output_bytes": int64(1025)}), "methods.m.output_bytes is 1025, the server's limit is 1024"},
		{Table{"capabilities": true}, "capabilities is true, not a table"},
		{grant("omaps", true), "capabilities.omaps is unknown; there are create, data, header, omap, remove, xattr"},
		{grant("data", "rw"), "capabilities.data is a string, not true or false"},
		{grant("omap", "index/"), "capabilities.omap is a string, not true, false, or a list of prefixes"},
		{grant("omap", Table{int64(1): "a", int64(3): "b"}), "capabilities.omap is no sequence: it has 2 elements, but no [2]"},
		{grant("xattr", Table{"user.": true}), "capabilities.xattr is no sequence"},
		{grant("xattr", Table{int64(1): int64(7)}), "capabilities.xattr[1] is 7, not a string"},
		{grant("xattr", tooMany), "capabilities.xattr has 65 prefixes; the most are 64"},
	} {
		h.engine.manifest, h.engine.image = c.table, 1000
		_, err := h.Classes().Install(t.Context(), "c", []byte(version1))
		wantError(t, err, syscall.EINVAL, KindClass, "c.lua:1: manifest: "+c.text)
	}
	if infos, err := h.Classes().List(t.Context()); err != nil || len(infos) != 0 {
		t.Errorf("installed %+v, %v", infos, err)
	}
}

// A manifest is kept with its version, and survives the service.
func TestManifestIsKept(t *testing.T) {
	h := newHouse(t, Options{}, nil)
	h.engine.manifest = Table{
		"doc": "Counts.",
		"methods": Table{
			"m": Table{"doc": "Reads.", "flags": float64(RD), "input": "text", "output": "json", "timeout_ms": int64(100),
				"cpu_ms": int64(50), "memory_bytes": int64(1 << 20), "output_bytes": int64(10)},
			"n": Table{},
		},
		"capabilities": Table{"data": true, "create": false, "omap": Table{int64(1): "index/", int64(2): "\xff"}, "xattr": true},
	}
	want := &Manifest{
		Doc: "Counts.",
		Methods: map[string]*MethodManifest{
			"m": {Doc: "Reads.", Flags: "RD", Input: "text", Output: "json", TimeoutMS: 100, CPUMS: 50, MemoryBytes: 1 << 20, OutputBytes: 10},
			"n": {},
		},
		Capabilities: &Capabilities{Data: true, Omap: Prefixes{"index/", "\xff"}, Xattr: Prefixes{""}},
	}
	info := install(t, h, "c", version2)
	if !reflect.DeepEqual(info.Manifest, want) || info.Methods[0] != (Method{"m", RD}) {
		t.Errorf("installed %+v", info)
	}
	next, err := NewService(h.store, h.engine, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if info, err = next.Classes().Show(t.Context(), "c"); err != nil || !reflect.DeepEqual(info.Manifest, want) || info.Methods[0] != (Method{"m", RD}) {
		t.Errorf("kept %+v, %v", info, err)
	}
	text, err := json.Marshal(info.Manifest.Capabilities)
	if err != nil || string(text) != `{"data":true,"header":false,"create":false,"remove":false,"omap":["index/",{"base64":"/w=="}],"xattr":[""]}` {
		t.Errorf("as JSON %s, %v", text, err)
	}
	h.engine.manifest = nil
	if info := install(t, h, "d", version2); info.Manifest != nil {
		t.Errorf("a class without manifest: %+v", info.Manifest)
	}
}

func TestManifestBudgets(t *testing.T) {
	server := Budget{Wall: time.Second, CPU: time.Second, Memory: 1000, Output: 100}
	named := func(ms int) Budget { return Budget{Wall: wallOf(ms), CPU: wallOf(ms), Memory: 1000, Output: 100} }
	most := Budget{Wall: time.Minute, CPU: time.Minute, Memory: 1000, Output: 100}
	for _, c := range []struct {
		name     string
		manifest *MethodManifest
		timeout  int // ms of the call, 0 for none
		want     Budget
	}{
		{"no manifest", nil, 0, server},
		{"no manifest, timeout", nil, 5, named(5)},
		{"nothing said", &MethodManifest{}, 0, server},
		{"lower", &MethodManifest{TimeoutMS: 10}, 0, Budget{wallOf(10), wallOf(10), 1000, 100}},
		{"higher than the default", &MethodManifest{TimeoutMS: 5000}, 0, Budget{wallOf(5000), wallOf(5000), 1000, 100}},
		{"a call lowers it", &MethodManifest{TimeoutMS: 5000}, 20, named(20)},
		{"a call does not raise it", &MethodManifest{TimeoutMS: 10}, 20, Budget{wallOf(10), wallOf(10), 1000, 100}},
		{"cpu alone", &MethodManifest{CPUMS: 10}, 0, Budget{time.Second, wallOf(10), 1000, 100}},
		{"cpu alone, timeout", &MethodManifest{CPUMS: 10}, 20, Budget{wallOf(20), wallOf(10), 1000, 100}},
		{"both", &MethodManifest{TimeoutMS: 30, CPUMS: 10}, 0, Budget{wallOf(30), wallOf(10), 1000, 100}},
		{"memory and output", &MethodManifest{MemoryBytes: 500, OutputBytes: 50}, 0, Budget{time.Second, time.Second, 500, 50}},
		{"a server whose limits were lowered", &MethodManifest{TimeoutMS: 120000, CPUMS: 90000, MemoryBytes: 5000, OutputBytes: 500}, 0,
			Budget{time.Minute, time.Minute, 1000, 100}},
	} {
		b := server
		if c.timeout > 0 {
			b = named(c.timeout)
		}
		if got := c.manifest.budget(b, most, c.timeout > 0); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func wallOf(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }

// What a manifest says holds in a call.
func TestManifestHoldsInCalls(t *testing.T) {
	var budget Budget
	h := newHouse(t, Options{}, map[string]testMethod{
		"m": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
			budget = inv.Budget
			return 0, nil, inv.Object.SetXattr(string(inv.Input), nil)
		},
	})
	h.engine.manifest = Table{
		"methods":      Table{"m": Table{"timeout_ms": int64(100), "memory_bytes": int64(1 << 20), "output_bytes": int64(10)}},
		"capabilities": Table{"xattr": Table{int64(1): "user."}, "create": true},
	}
	install(t, h, "c", "m WR")
	call := func(name string, timeout time.Duration) error {
		_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "c", Method: "m", Input: []byte(name), Timeout: timeout})
		return err
	}
	if err := call("user.x", 0); err != nil || budget != (Budget{wallOf(100), wallOf(100), 1 << 20, 10}) {
		t.Errorf("%v, with %+v", err, budget)
	}
	if err := call("user.x", time.Second); err != nil || budget.Wall != wallOf(100) {
		t.Errorf("%v, with %+v", err, budget)
	}
	wantError(t, call("secret", 0), syscall.EPERM, KindOp, `xattr "secret" is outside of what the class's manifest grants: those that begin with "user."`)
	// Flags that the manifest takes away are away.
	h.engine.manifest = methodTable(Table{"flags": int64(RD)})
	install(t, h, "c", "m RD|WR")
	wantError(t, call("user.x", 0), syscall.EPERM, KindOp, "WR")
	// A script has no manifest.
	if _, err := h.Exec(t.Context(), Call{Ref: ref("o"), Script: []byte("x"), Method: "m", Input: []byte("any")}); err != nil || errors.Is(err, syscall.EPERM) {
		t.Error(err)
	}
	if !strings.Contains(budget.Wall.String(), "1s") {
		t.Errorf("a script has %+v", budget)
	}
}
