package objclass

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/objluad/objluad/store"
)

// newLibraries returns a house whose method "m" puts out the sources of its modules, in the order in which they were required.
func newLibraries(t *testing.T, opts Options) *house {
	return newHouse(t, opts, map[string]testMethod{"m": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
		var modules []string
		for _, m := range inv.Unit.Modules {
			modules = append(modules, m.Name+" "+strings.ReplaceAll(string(m.Source), "\n", ","))
		}
		return 0, []byte(strings.Join(modules, "; ")), nil
	}})
}

// modules returns what a call of "m" of a class finds.
func (h *house) modules(t *testing.T, class string) string {
	t.Helper()
	reply, err := h.call(t.Context(), "o", "m")
	if class != "" {
		reply, err = h.Exec(t.Context(), Call{Ref: ref("o"), Class: class, Method: "m"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(reply.Output)
}

func TestRequireIsPinned(t *testing.T) {
	h := newLibraries(t, Options{})
	first := install(t, h, "lib", "m RD\nreturn")
	old := install(t, h, "c", "require lib\nm RD")
	if old.Version != versionOf([]byte("require lib\nm RD"), Requirement{"lib", "lib", first.Version}) || old.Version == versionOf([]byte("require lib\nm RD")) {
		t.Errorf("version %s", old.Version)
	}
	if !slices.Equal(old.Requires, []Requirement{{"lib", "lib", first.Version}}) {
		t.Errorf("requires %+v", old.Requires)
	}
	second := install(t, h, "lib", "n RD\nreturn")
	if got := h.modules(t, "c"); got != "lib.lua m RD,return" {
		t.Errorf("after the library changed: %q", got)
	}
	// The same source is another version, since what it requires is.
	if again := install(t, h, "c", "require lib\nm RD"); again.Version == old.Version || h.modules(t, "c") != "lib.lua n RD,return" {
		t.Errorf("installed again %s with %q", again.Version, h.modules(t, "c"))
	}
	if got := h.modules(t, "c@"+old.Version); got != "lib.lua m RD,return" {
		t.Errorf("the old version has %q", got)
	}
	install(t, h, "d", "require lib@"+first.Version[:6]+"\nrequire lib\nrequire lib@"+second.Version+"\nm RD")
	if got := h.modules(t, "d"); got != "lib.lua m RD,return; lib.lua n RD,return" {
		t.Errorf("of two versions: %q", got)
	}
	if plain := install(t, h, "e", "m RD"); plain.Version != versionOf([]byte("m RD")) || plain.Requires != nil {
		t.Errorf("a class that requires nothing is %+v", plain)
	}

	next := &house{store: h.store, engine: h.engine}
	var err error
	if next.Service, err = NewService(h.store, h.engine, Options{MaxSource: 1}); err != nil {
		t.Fatal(err)
	}
	if got := next.modules(t, "c@"+old.Version); got != "lib.lua m RD,return" {
		t.Errorf("after a restart: %q", got)
	}
}

// A class gets, of what its modules require, what they were installed with; each version once.
func TestRequireOfModules(t *testing.T) {
	h := newLibraries(t, Options{})
	install(t, h, "base", "b RD")
	install(t, h, "left", "require base\nl RD")
	install(t, h, "base", "b WR")
	install(t, h, "right", "require base\nrequire left\nr RD")
	info := install(t, h, "top", "require right\nrequire left\nrequire base\nm RD")
	if got, want := h.modules(t, "top"), "right.lua require base,require left,r RD; base.lua b WR; left.lua require base,l RD; base.lua b RD"; got != want {
		t.Errorf("modules %q, want %q", got, want)
	}
	version, _, err := h.Classes().resolve(t.Context(), "top")
	if err != nil {
		t.Fatal(err)
	}
	unit := version.unit.Load()
	if !maps.Equal(unit.Requires, map[string]int{"right": 0, "left": 2, "base": 1}) || unit.Version != info.Version ||
		!maps.Equal(unit.Modules[0].Requires, map[string]int{"base": 1, "left": 2}) || !maps.Equal(unit.Modules[2].Requires, map[string]int{"base": 3}) {
		t.Errorf("%+v", unit)
	}
	if want := len("require right\nrequire left\nrequire base\nm RD") + len("require base\nrequire left\nr RD") + 2*len("b RD") + len("require base\nl RD"); unit.size() != int64(want) {
		t.Errorf("the unit has %d bytes, want %d", unit.size(), want)
	}
}

func TestRequireRefuses(t *testing.T) {
	h := newLibraries(t, Options{MaxSource: 200})
	a := install(t, h, "a", "m RD")
	b := install(t, h, "b", "require a\nm RD")
	for _, c := range []struct {
		class, source string
		errno         syscall.Errno
		text          string
	}{
		{"c", "m RD\nrequire nosuch", syscall.EINVAL, `c.lua:2: require "nosuch": no class nosuch is installed; installed: a, b, test`},
		{"c", "require a@00000000", syscall.EINVAL, `c.lua:1: require "a@00000000": class a has no version 00000000; it has: ` + a.Version[:12]},
		{"c", "require a@latest", syscall.EINVAL, `"latest" is no version`},
		{"c", "require ../../etc/passwd", syscall.EINVAL, `"../../etc/passwd" is no class name`},
		{"c", "require \x01\xff" + strings.Repeat("x", 100), syscall.EINVAL, `require "\x01\xffxxx`},
		{"a", "require b\nm RD", syscall.EINVAL, "a.lua:1: require \"b\": class a requires itself: a → b@" + b.Version + " → a@" + a.Version},
		{"a", "require a\nm RD", syscall.EINVAL, "class a requires itself: a → a@" + a.Version},
		{"c", "require b\n--" + strings.Repeat("x", 180), syscall.EMSGSIZE, "the source has 210 bytes with those of its modules, the limit is 200"},
		{"c", "return\nrequire b\noops", syscall.EIO, "c.lua does not load: c.lua:3: syntax error"},
	} {
		_, err := h.Classes().Install(t.Context(), c.class, []byte(c.source))
		wantError(t, err, c.errno, OpError(err).Kind, c.text)
	}
	if infos, err := h.Classes().List(t.Context()); err != nil || len(infos) != 3 || infos[0].Version != a.Version {
		t.Errorf("installed %+v, %v", infos, err)
	}
}

func TestRequireIsBounded(t *testing.T) {
	h := newLibraries(t, Options{})
	install(t, h, "d0", "m RD")
	for i := range maxRequireDepth {
		install(t, h, fmt.Sprintf("d%d", i+1), fmt.Sprintf("require d%d\nm RD", i))
	}
	_, err := h.Classes().Install(t.Context(), "deep", fmt.Appendf(nil, "require d%d\nm RD", maxRequireDepth))
	wantError(t, err, syscall.EINVAL, KindClass, "modules require each other more than 8 deep: deep → d8@")
	// Also when the shallow way to a module is known first.
	_, err = h.Classes().Install(t.Context(), "deep", fmt.Appendf(nil, "require d%d\nrequire d%d\nm RD", maxRequireDepth-1, maxRequireDepth))
	wantError(t, err, syscall.EINVAL, KindClass, "modules require each other more than 8 deep: deep → d8@")

	var many strings.Builder
	for i := range maxModules {
		install(t, h, fmt.Sprintf("w%d", i), fmt.Sprintf("m%d RD", i))
		fmt.Fprintf(&many, "require w%d\n", i)
	}
	install(t, h, "wide", many.String()+"m RD")
	_, err = h.Classes().Install(t.Context(), "wider", []byte(many.String()+"require d0\nm RD"))
	wantError(t, err, syscall.EINVAL, KindClass, "requires more than 64 modules")
	_, err = h.Classes().Install(t.Context(), "wider", []byte("require wide\nm RD"))
	wantError(t, err, syscall.EINVAL, KindClass, "requires more than 64 modules, with those that they require")

	var forms strings.Builder
	version := install(t, h, "d0", "m RD").Version
	for i := range maxModules + 1 - minVersionForm {
		fmt.Fprintf(&forms, "require d0@%s\n", version[:minVersionForm+i])
	}
	info, err := h.Classes().Install(t.Context(), "forms", []byte(forms.String()+"m RD"))
	if err != nil || len(info.Requires) != maxModules+1-minVersionForm || h.modules(t, "forms") != "d0.lua m RD" {
		t.Errorf("one module by many names: %v", err)
	}
}

// What only others can use is a class, too.
func TestLibraryHasNoMethods(t *testing.T) {
	h := newLibraries(t, Options{})
	if info := install(t, h, "lib", "return"); len(info.Methods) != 0 {
		t.Errorf("%+v", info)
	}
	_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "lib", Method: "m"})
	wantError(t, err, syscall.EOPNOTSUPP, KindClass, `class lib has no method "m"; it has: none`)
}

func TestRequiredBy(t *testing.T) {
	h := newLibraries(t, Options{})
	lib := install(t, h, "lib", "m RD")
	b := install(t, h, "b", "require lib\nm RD")
	a := install(t, h, "a", "require lib\nrequire lib@"+lib.Version+"\nm RD")
	install(t, h, "a", "m RD") // a version that is not active counts, too
	next := install(t, h, "lib", "n RD")
	top := install(t, h, "top", "require b\nm RD")
	for _, c := range []struct {
		info ClassInfo
		want []string
	}{
		{lib, []string{"a@" + a.Version, "b@" + b.Version}}, {next, nil}, {b, []string{"top@" + top.Version}}, {top, nil},
	} {
		show, err := h.Classes().Show(t.Context(), c.info.Name+"@"+c.info.Version)
		if err != nil || !slices.Equal(show.RequiredBy, c.want) {
			t.Errorf("%s is required by %q, %v, want %q", c.info.Name, show.RequiredBy, err, c.want)
		}
	}
}

// dropVersion removes a version from the store, as nothing may while it is required.
func dropVersion(h *house, info ClassInfo) {
	object := h.store.pools[classPool][classRef(info.Name)]
	delete(object.omap, metaPrefix+info.Version)
	delete(object.omap, sourcePrefix+info.Version)
}

func TestRequiredVersionIsGone(t *testing.T) {
	h := newLibraries(t, Options{})
	lib := install(t, h, "lib", "n RD")
	c := install(t, h, "c", "require lib\nm RD")
	install(t, h, "lib", "m RD")
	object := h.store.pools[classPool][classRef("lib")]
	object.omap[sourcePrefix+lib.Version][0] ^= 1
	fresh := func() error {
		next, err := NewService(h.store, h.engine, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = next.Exec(t.Context(), Call{Ref: ref("o"), Class: "c", Method: "m"})
		return err
	}
	e := wantError(t, fresh(), syscall.EIO, KindClass, "the stored source of class lib@"+lib.Version+" is damaged")
	if e.ClassVersion != c.Version {
		t.Errorf("class version %q", e.ClassVersion)
	}
	dropVersion(h, lib)
	wantError(t, fresh(), syscall.EOPNOTSUPP, KindClass, "class lib@"+lib.Version+" was removed")
}

// A version that is removed while a class that requires it is installed is not lost without a word.
func TestRequiredVersionIsRemovedMeanwhile(t *testing.T) {
	h := newLibraries(t, Options{})
	lib := install(t, h, "lib", "m RD")
	install(t, h, "lib", "n RD")
	h.store.beforeCommit = func(ref store.Ref) {
		if ref.OID == "c" {
			dropVersion(h, lib)
		}
	}
	_, err := h.Classes().Install(t.Context(), "c", []byte("require lib@"+lib.Version+"\nm RD"))
	wantError(t, err, syscall.EOPNOTSUPP, KindClass, "while class c was installed: class lib@"+lib.Version+" was removed; install what it requires")
}
