// This file damages classes in a store.

package objclass

import (
	"slices"
	"strings"
	"testing"

	"github.com/objluad/objluad/store"
)

func TestCheckClasses(t *testing.T) {
	source := []byte("return")
	version := versionOf(source)
	good := store.WriteSet{
		Xattrs: map[string][]byte{activeXattr: []byte(version)},
		Omap: map[string][]byte{
			sourcePrefix + version: source,
			metaPrefix + version:   []byte(`{"installed":"2026-01-02T03:04:05Z","size":6,"methods":{"m":1}}`),
		},
	}
	other := strings.Repeat("0", 64)
	state := func(text string) *store.WriteSet {
		return &store.WriteSet{Xattrs: map[string][]byte{stateXattr: []byte(text)}}
	}
	for says, damage := range map[string]*store.WriteSet{
		"its state does not decode":      state("{"),
		"in the history, but not":        state(`{"history":[{"version":"` + other + `"}]}`),
		"is kept, but not":               state(`{"kept":["` + other + `"]}`),
		"is used, but not":               state(`{"used":{"` + other + `":"2026-01-02T03:04:05Z"}}`),
		"is the canary, but not":         state(`{"canary":{"version":"` + other + `","percent":5}}`),
		"is the canary, and active":      state(`{"canary":{"version":"` + version + `","percent":5}}`),
		"has a share of 101 percent":     state(`{"canary":{"version":"` + version + `","percent":101}}`),
		"does not end before the active": state(`{"history":[{"version":"` + version + `"}]}`),
		"":                               {},
		"no version is active":           {Xattrs: map[string][]byte{activeXattr: nil}},
		"is active, but not installed":   {Xattrs: map[string][]byte{activeXattr: []byte(other)}},
		"is not the one":                 {Omap: map[string][]byte{sourcePrefix + version: []byte("Return")}},
		"says 6":                         {Omap: map[string][]byte{sourcePrefix + version: []byte("longer than that")}},
		"has a record, but no source":    {Omap: map[string][]byte{sourcePrefix + version: nil}},
		"has a source, but no record":    {Omap: map[string][]byte{metaPrefix + version: nil}},
		"does not decode":                {Omap: map[string][]byte{metaPrefix + version: []byte("{")}},
	} {
		st := newMemStore(classPool)
		v, err := st.Commit(t.Context(), classRef("class"), 0, &good)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.Commit(t.Context(), classRef("class"), v, damage); err != nil {
			t.Fatal(err)
		}
		// What others keep in the pool is not a class.
		if _, err := st.Commit(t.Context(), store.Ref{Pool: classPool, Namespace: "control", OID: "x"}, 0, &store.WriteSet{}); err != nil {
			t.Fatal(err)
		}
		var found []string
		classes, err := CheckClasses(t.Context(), st, func(p store.Problem) { found = append(found, p.Where+": "+p.What) })
		if err != nil || classes != 1 {
			t.Errorf("%d classes, %v", classes, err)
		}
		if (says == "") != (len(found) == 0) || says != "" && !slices.ContainsFunc(found, func(f string) bool {
			return strings.HasPrefix(f, `class "class": `) && strings.Contains(f, says)
		}) {
			t.Errorf("%s: found %q", says, found)
		}
	}
	st := newMemStore(classPool)
	if _, err := st.Commit(t.Context(), classRef("no class name"), 0, &good); err != nil {
		t.Fatal(err)
	}
	problems := 0
	if _, err := CheckClasses(t.Context(), st, func(store.Problem) { problems++ }); err != nil || problems != 1 {
		t.Errorf("a name that no class has: %d problems, %v", problems, err)
	}
	if classes, err := CheckClasses(t.Context(), newMemStore(), nil); classes != 0 || err != nil {
		t.Errorf("without the pool: %d classes, %v", classes, err)
	}
}

// What a version requires is checked with it.
func TestCheckRequirements(t *testing.T) {
	h := newLibraries(t, Options{})
	lib := install(t, h, "lib", "m RD")
	c := install(t, h, "c", "require lib\nm RD")
	other := install(t, h, "lib", "n RD")
	check := func() (found []string) {
		if _, err := CheckClasses(t.Context(), h.store, func(p store.Problem) { found = append(found, p.Where+": "+p.What) }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := check(); found != nil {
		t.Errorf("nothing is wrong, found %q", found)
	}
	object := h.store.pools[classPool][classRef("c")]
	meta := object.omap[metaPrefix+c.Version]
	object.omap[metaPrefix+c.Version] = []byte(strings.ReplaceAll(string(meta), lib.Version, other.Version))
	want := `class "c": the source of version "` + c.Version + `", or what it requires, is not the one that was installed`
	if found := check(); !slices.Equal(found, []string{want}) {
		t.Errorf("of another requirement found %q", found)
	}
	object.omap[metaPrefix+c.Version] = meta
	dropVersion(h, lib)
	history := `class "lib": version "` + lib.Version + `" is in the history, but not installed`
	want = `class "c": version "` + c.Version + `" requires lib@` + lib.Version + ", which is not installed"
	if found := check(); !slices.Contains(found, want) || !slices.Contains(found, history) || len(found) != 2 {
		t.Errorf("of a missing one found %q", found)
	}
}
