package objclass

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/objluad/objluad/store"
)

func TestRequiredVersionsStay(t *testing.T) {
	h := newLibraries(t, Options{})
	first := install(t, h, "lib", "m RD\nreturn")
	install(t, h, "c", "require lib\nm RD")
	second := install(t, h, "lib", "n RD\nreturn")
	third := install(t, h, "lib", "a RD\nreturn")
	for range 20 { // nothing is left in the history
		activate(t, h, "lib@"+second.Version)
		activate(t, h, "lib@"+third.Version)
	}
	c := h.Classes()
	wantError(t, c.Remove(t.Context(), "lib@"+first.Version), syscall.EBUSY, KindClass, "is required by c@")
	wantError(t, c.Remove(t.Context(), "lib"), syscall.EBUSY, KindClass, "is required by c@")
	activate(t, h, "lib@"+second.Version)
	for range 20 {
		activate(t, h, "lib@"+third.Version)
		activate(t, h, "lib@"+second.Version)
	}
	for _, dryRun := range []bool{true, false} {
		if got, err := c.Collect(t.Context(), "lib", 0, dryRun); len(got) != 0 || err != nil {
			t.Errorf("collected %v, %v", got, err)
		}
	}
	if got := h.modules(t, "c"); got != "lib.lua m RD,return" {
		t.Errorf("modules %q", got)
	}
	if err := c.Remove(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Collect(t.Context(), "lib", 0, false); !slices.Equal(got, []string{"lib@" + first.Version}) || err != nil {
		t.Errorf("when nothing requires it: collected %v, %v", got, err)
	}
	if err := c.Remove(t.Context(), "lib"); err != nil {
		t.Error(err)
	}
}

// once has the commit of an object wait for fn, the first time.
func once(h *house, class string, fn func()) {
	h.store.beforeCommit = func(ref store.Ref) {
		if ref == classRef(class) {
			h.store.beforeCommit = nil
			fn()
		}
	}
}

// A version that is required while it is removed is put back.
func TestRequiredWhileRemoved(t *testing.T) {
	for _, what := range []string{"version", "class", "collected"} {
		t.Run(what, func(t *testing.T) {
			h := newLibraries(t, Options{})
			c := h.Classes()
			first := install(t, h, "lib", "m RD\nreturn")
			install(t, h, "lib", "n RD\nreturn")
			if _, err := c.InstallInactive(t.Context(), "lib", []byte("a RD\nreturn")); err != nil {
				t.Fatal(err)
			}
			activate(t, h, "lib@"+first.Version)
			unused, err := c.InstallInactive(t.Context(), "lib", []byte("b RD\nreturn"))
			if err != nil {
				t.Fatal(err)
			}
			once(h, "lib", func() { install(t, h, "c", "require lib@"+unused.Version+"\nm RD") })
			switch what {
			case "version":
				err = c.Remove(t.Context(), "lib@"+unused.Version)
			case "class":
				err = c.Remove(t.Context(), "lib")
			case "collected":
				_, err = c.Collect(t.Context(), "lib", 0, false)
			}
			wantError(t, err, syscall.EBUSY, KindClass, "is required by c@")
			h.restart(t)
			if got := h.modules(t, "c"); got != "lib.lua b RD,return" {
				t.Errorf("modules %q", got)
			}
			if info, err := h.Classes().Show(t.Context(), "lib"); err != nil || info.Version != first.Version {
				t.Errorf("active is %s, %v", info.Version, err)
			}
		})
	}
}

// A class whose module goes while it is installed is not installed.
func TestRemovedWhileRequired(t *testing.T) {
	for _, before := range []bool{false, true} {
		h := newLibraries(t, Options{})
		lib := install(t, h, "lib", "m RD\nreturn")
		install(t, h, "lib", "n RD\nreturn")
		if before {
			install(t, h, "c", "m RD")
		}
		once(h, "c", func() {
			if err := h.Classes().Remove(t.Context(), "lib@"+lib.Version); err != nil {
				t.Error(err)
			}
		})
		_, err := h.Classes().Install(t.Context(), "c", []byte("require lib@"+lib.Version+"\nm RD"))
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, "while class c was installed")
		h.restart(t)
		_, err = h.Exec(t.Context(), Call{Ref: ref("o"), Class: "c", Method: "m"})
		switch {
		case before && err != nil:
			t.Errorf("the version before: %v", err)
		case !before && (err == nil || !strings.Contains(err.Error(), "no class c")):
			t.Errorf("got %v", err)
		}
	}
}

// restart has a service see the store as if for the first time.
func (h *house) restart(t *testing.T) {
	t.Helper()
	var err error
	if h.Service, err = NewService(h.store, h.engine, Options{}); err != nil {
		t.Fatal(err)
	}
}

// Who removes what is required by now puts it back, though his caller has gone meanwhile.
func TestRequiredWhileRemovedByOneWhoGoes(t *testing.T) {
	h := newLibraries(t, Options{})
	lib := install(t, h, "lib", "m RD\nreturn")
	install(t, h, "lib", "n RD\nreturn")
	ctx, cancel := context.WithCancel(t.Context())
	once(h, "lib", func() {
		install(t, h, "c", "require lib@"+lib.Version+"\nm RD")
		cancel()
	})
	err := h.Classes().Remove(ctx, "lib@"+lib.Version)
	wantError(t, err, syscall.EBUSY, KindClass, "is required by c@")
	h.restart(t)
	if got := h.modules(t, "c"); got != "lib.lua m RD,return" {
		t.Errorf("modules %q", got)
	}
}
