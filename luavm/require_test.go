//go:build lua54

package luavm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
)

// library is a unit "c.lua" with modules "1.lua" and so on; each module, and the unit, requires module n as "n".
func library(source string, modules ...string) *objclass.Unit {
	unit := unitOf("c.lua", source+"\x00"+strings.Join(modules, "\x00"), false)
	unit.Source = []byte(source)
	unit.Requires = map[string]int{}
	for i := range modules {
		unit.Requires[fmt.Sprint(i+1)] = i
	}
	for i, source := range modules {
		unit.Modules = append(unit.Modules, objclass.Module{Name: fmt.Sprintf("%d.lua", i+1), Source: []byte(source), Requires: unit.Requires})
	}
	return unit
}

// callLibrary loads a unit and calls its method "f", twice, so that the second run shows what the first left.
func callLibrary(t *testing.T, e *Engine, unit *objclass.Unit) (output string, err error) {
	t.Helper()
	if _, err := e.Load(context.Background(), unit, ampleBudget); err != nil {
		return "", err
	}
	for range 2 {
		object, _ := newObject(objclass.RD | objclass.WR)
		result, err := e.Run(context.Background(), &objclass.Invocation{Unit: unit, Method: "f", Object: object, Budget: ampleBudget})
		if err != nil {
			return "", err
		}
		output = string(result.Output)
	}
	checkPristine(t, e)
	return output, nil
}

const putOut = "\nfunction f(input, output) output:append(table.concat(got(), ' ')) end objclass.register(f)"

func TestRequire(t *testing.T) {
	e := newEngine(t, Options{})
	for _, tt := range []struct {
		name, source string
		modules      []string
		want         string
	}{
		{"a table", "local m = require '1' function got() return {m.name, m.f(5)} end", []string{"local M = {name = 'one'} function M.f(x) return x * 2 end return M"}, "one 10"},
		{"in a method", "require '1' require('2') function got() return {require('1'), require '2'} end", []string{"return 'a'", "return 'b'"}, "a b"},
		{"a number as a name", "require(1) function got() return {require(1), require '1'} end", []string{"return 'a'"}, "a a"},
		{"nothing is true", "local a = require '1' function got() return {tostring(a)} end", []string{""}, "true"},
		{"false", "local a = require '1' function got() return {tostring(a), tostring(require '1')} end", []string{"return false"}, "false false"},
		{"once", "n = 0 require '1' require '2' require '1' function got() return {n, rawequal(require '1', require '2') and 'same'} end",
			[]string{"_G.n = n + 1 return {}", "return require '1'"}, "1 same"},
		{"globals of its own", "x = 'mine' require '1' function got() return {x, tostring(y), require '1'()} end",
			[]string{"assert(x == 'mine') x = 'theirs' y = 'theirs' function f() return x .. y end function got() end return f"}, "mine nil theirstheirs"},
		{"registers nothing", "local m = require '1' function got() return {m.again} end",
			[]string{"function f() end function g() end objclass.register(f) objclass.register(f) objclass.register(5) objclass.manifest(5) " +
				"assert(objclass.RD == 1 and objclass.log('x') == 'x') return {again = 'fine'}"}, "fine"},
		{"a module's function as a method", "local m = require '1' function got() return {m.n()} end g = m.n objclass.register(g)",
			[]string{"function n() return 'n' end objclass.register(n) return {n = n}"}, "n"},
		{"globals are locked", "local m = require '1' function got() return {m} end", []string{
			"assert(getmetatable(_ENV) == false and not pcall(setmetatable, _ENV, {})) assert(getmetatable(objclass) == false) return 'locked'"}, "locked"},
		{"pcall", "local ok, e = pcall(require, '1') local again = {pcall(require, '1')} function got() return {tostring(ok), e, again[2]} end",
			[]string{"local n = 1\nerror('no')"}, "false 1.lua:2: no 1.lua:2: no"},
		{"in a coroutine", "local m = coroutine.wrap(function() return require '1' end)() function got() return {m} end",
			[]string{"return coroutine.wrap(function() coroutine.yield(require '2') end)()", "return 'deep'"}, "deep"},
		{"a module that is kept is not changed by a run", "local m = require '1' function got() m.n = m.n + 1 return {m.n, require('1').n} end", []string{"return {n = 1}"}, "2 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := callLibrary(t, e, library(tt.source+putOut, tt.modules...))
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestRequireFailures(t *testing.T) {
	e := newEngine(t, Options{})
	for _, tt := range []struct {
		name, source   string
		modules        []string
		errno, message string
	}{
		{"no name", "require()", nil, "EIO", "string expected"},
		{"a table", "require{}", nil, "EIO", "string expected"},
		{"absent", "\nrequire 'nosuch'", nil, "EINVAL", `c.lua:2: require "nosuch": it was not required when the class was installed`},
		{"absent in pcall", "pcall(require, 'nosuch')", nil, "EINVAL", `require "nosuch"`},
		{"absent for ever", "while true do pcall(require, 'nosuch') end", nil, "EINVAL", `require "nosuch"`},
		{"odd bytes", "require '\\0\\xff\\n'", nil, "EINVAL", `require "\x00\xff\n"`},
		{"of a module", "require '1'", []string{"\nrequire 'nosuch'"}, "EINVAL", `1.lua:2: require "nosuch": 1.lua did not require it when it was installed`},
		{"syntax", "require '1'", []string{"\n("}, "EIO", "1.lua:2: "},
		{"bytecode", "require '1'", []string{"\x1bLua"}, "EIO", "attempt to load a binary chunk"},
		{"error", "require '1'", []string{"\nerror('boom')"}, "EIO", "1.lua:2: boom"},
		{"loop", "require '1'", []string{"\nwhile true do end"}, "ETIMEDOUT", "1.lua:2: over 1000 ms"},
		{"loop in pcall", "pcall(require, '1')", []string{"while true do pcall(error) end"}, "ETIMEDOUT", "over 1000 ms"},
		{"memory", "require '1'", []string{"x = ('x'):rep(1 << 30)"}, "ENOMEM", "arena"},
		{"operation", "require '1'", []string{"objclass.create()"}, "EPERM", "no object"},
		{"yield", "coroutine.wrap(function() require '1' end)()", []string{"coroutine.yield()"}, "EIO", "attempt to yield across a C-call boundary"},
		{"itself", "require '1'", []string{"return require '1'"}, "EIO", "C stack overflow"},
		{"each other", "require '1'", []string{"return require '2'", "return require '1'"}, "EIO", "C stack overflow"},
		{"later", "function f() return require 'x' end f()", []string{""}, "EINVAL", `require "x"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			budget := ampleBudget
			if tt.errno == "ETIMEDOUT" {
				budget = objclass.Budget{Wall: time.Second, CPU: time.Second}
			}
			_, err := e.Load(context.Background(), library(tt.source, tt.modules...), budget)
			if got := asError(t, err); got.ErrnoName() != tt.errno || !strings.Contains(got.Message, tt.message) {
				t.Errorf("got %s %q, want %s %q", got.ErrnoName(), got.Message, tt.errno, tt.message)
			}
		})
	}
	if stats := e.Stats(); stats.Slots != 0 || stats.Busy != 0 {
		t.Errorf("slots were left: %+v", stats)
	}
}

// What is missing is told in a way that its caller can do something about it.
func TestMissingModule(t *testing.T) {
	e := newEngine(t, Options{})
	unit := unitOf("c.lua", "require 'a@4f2a' function f() end objclass.register(f)", false)
	_, err := e.Load(context.Background(), unit, ampleBudget)
	var missing *objclass.MissingModule
	if !errors.As(err, &missing) || *missing != (objclass.MissingModule{Name: "a@4f2a", Where: "c.lua:1"}) || asError(t, err).ClassVersion != unit.Version {
		t.Fatalf("%v", err)
	}
	unit.Requires = map[string]int{"a@4f2a": 0}
	unit.Modules = []objclass.Module{{Name: "a.lua", Source: []byte("return 1")}}
	if loaded, err := e.Load(context.Background(), unit, ampleBudget); err != nil || len(loaded.Methods) != 1 || loaded.Value {
		t.Errorf("%+v, %v", loaded, err)
	}
	loaded, err := e.Load(context.Background(), unitOf("l.lua", "return {}", false), ampleBudget)
	if err != nil || !loaded.Value {
		t.Errorf("%+v, %v", loaded, err)
	}
}

// After the load there are the modules that were loaded, for those that required them, and no others.
func TestRequireInMethods(t *testing.T) {
	e := newEngine(t, Options{})
	unit := library("m = require '1' function f() return m() end objclass.register(f)", "return function() return require '2' end", "return 5")
	_, err := callLibrary(t, e, unit)
	if got := asError(t, err); got.ErrnoName() != "EIO" || !strings.Contains(got.Message, "1.lua:1: require '2': it was not required while the class was loaded") {
		t.Errorf("got %s %q", got.ErrnoName(), got.Message)
	}
	for _, source := range []string{"require 'x'", "local ok, e = pcall(require, 'x') error(e, 0)", "coroutine.wrap(require)('x')"} {
		_, err := runScript(t, e, source, "", "")
		if got := asError(t, err); got.ErrnoName() != "EIO" || !strings.Contains(got.Message, "require 'x': a script that is sent with a call has no modules") {
			t.Errorf("%s: got %s %q", source, got.ErrnoName(), got.Message)
		}
	}
}

// Of modules an image has what they made, and not their sources. VMs keep neither these nor manifests, which nobody counts.
func TestModulesAndImages(t *testing.T) {
	e := newEngine(t, Options{})
	size := func(unit *objclass.Unit) int64 {
		loaded, err := e.Load(context.Background(), unit, ampleBudget)
		if err != nil {
			t.Fatal(err)
		}
		return loaded.ImageBytes
	}
	long := "--" + strings.Repeat("x", 1<<20)
	without, with := size(library("return 1")), size(library("return require '1'", long))
	if with-without > 4096 || with <= without {
		t.Errorf("an image of %d bytes, with a module of 1 MiB %d", without, with)
	}
	unit := unitOf("m.lua", "objclass.manifest{doc = ('x'):rep(60000)} function f() end objclass.register(f)", false)
	size(unit)
	e.distrust()
	object, _ := newObject(objclass.RD)
	if _, err := e.Run(context.Background(), &objclass.Invocation{Unit: unit, Method: "f", Object: object, Budget: ampleBudget}); err != nil {
		t.Fatal(err)
	}
	size(unit)
	size(library("return require '1'", long))
	slots := 0
	for el := e.lru.Front(); el != nil; el = el.Next() {
		slots++
		if s := el.Value.(*slot); s.unit.Modules != nil || s.unit.Requires != nil || s.loading != nil || s.loaded.Manifest != nil {
			t.Errorf("a VM keeps %+v", s.unit)
		}
	}
	if slots != 3 {
		t.Errorf("%d VMs, want 3", slots)
	}
}
