package objclass

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
)

func activate(t *testing.T, h *house, spec string) ClassInfo {
	t.Helper()
	info, err := h.Classes().Activate(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func remove(t *testing.T, h *house, spec string) {
	t.Helper()
	if err := h.Classes().Remove(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

// nothing is the methods of classes whose calls do nothing.
func doesNothing() map[string]testMethod {
	return map[string]testMethod{"m": onObject(func(*Object, []byte) ([]byte, error) { return nil, nil })}
}

// numberedSource returns the source of the n-th version of a class with method m.
func numberedSource(n int) string { return fmt.Sprintf("m RD\n-- %d", n) }

func numberedVersion(n int) string { return versionOf([]byte(numberedSource(n))) }

// installNumbered installs versions 0 to n-1 of class c; the last one is active.
func installNumbered(t *testing.T, h *house, n int) {
	t.Helper()
	for i := range n {
		install(t, h, "c", numberedSource(i))
	}
}

// state returns the state of class c, which the store and the calls must agree on.
func (h *house) state(t *testing.T) ClassInfo {
	t.Helper()
	cached := (*h.Classes().cache.Load())["c"]
	info, err := h.Classes().Show(t.Context(), "c")
	if err != nil {
		t.Fatal(err)
	}
	if cached == nil || cached.active.version != info.Version {
		t.Errorf("calls run another version than the store has, %s", info.Version)
	}
	var found []store.Problem
	if _, err := CheckClasses(t.Context(), h.store, func(p store.Problem) { found = append(found, p) }); err != nil || len(found) > 0 {
		t.Errorf("the check finds %v, %v", found, err)
	}
	return info
}

func (h *house) runs(t *testing.T, spec string) string {
	t.Helper()
	reply, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: spec, Method: "m"})
	if err != nil {
		t.Fatal(err)
	}
	return reply.ClassVersion
}

func TestActivateAndRollback(t *testing.T) {
	h := newHouse(t, Options{}, doesNothing())
	installNumbered(t, h, 3)
	_, _, before := h.store.counts()
	if info := activate(t, h, "c@"+numberedVersion(2)); !info.Active {
		t.Errorf("activated %+v", info)
	}
	if _, _, after := h.store.counts(); after != before {
		t.Error("to activate the active version made a commit")
	}
	if info := activate(t, h, "c@"+numberedVersion(0)[:8]); info.Version != numberedVersion(0) || !info.Active {
		t.Errorf("activated %+v", info)
	}
	if v := h.runs(t, "c"); v != numberedVersion(0) {
		t.Errorf("the call ran %s", v)
	}
	for _, want := range []int{2, 1, 0} {
		info, err := h.Classes().Rollback(t.Context(), "c")
		if err != nil || info.Version != numberedVersion(want) || h.runs(t, "c") != info.Version {
			t.Errorf("rolled back to %+v, %v; want version %d", info, err, want)
		}
	}
	_, err := h.Classes().Rollback(t.Context(), "c")
	wantError(t, err, syscall.ENOENT, KindClass, "no version was active before")
	if info := h.state(t); len(info.State.History) != 0 || len(info.Versions) != 3 {
		t.Errorf("in the end there is %+v", info)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	h := newHouse(t, Options{}, doesNothing())
	installNumbered(t, h, maxHistory+5)
	if n := len(h.state(t).State.History); n != maxHistory {
		t.Errorf("%d versions are remembered", n)
	}
	for i := range maxHistory {
		if info, err := h.Classes().Rollback(t.Context(), "c"); err != nil || info.Version != numberedVersion(maxHistory+3-i) {
			t.Fatalf("rollback %d: %+v, %v", i, info, err)
		}
	}
	_, err := h.Classes().Rollback(t.Context(), "c")
	wantError(t, err, syscall.ENOENT, KindClass, "")
}

func TestRemove(t *testing.T) {
	h := newHouse(t, Options{}, doesNothing())
	installNumbered(t, h, 4)
	spec := func(n int) string { return "c@" + numberedVersion(n) }
	err := h.Classes().Remove(t.Context(), spec(3)[:10])
	wantError(t, err, syscall.EBUSY, KindClass, "is the active version: activate another one first")
	if _, err := h.Classes().SetCanary(t.Context(), spec(2), 1); err != nil {
		t.Fatal(err)
	}
	wantError(t, h.Classes().Remove(t.Context(), spec(2)), syscall.EBUSY, KindClass, "is the canary")
	if _, err := h.Classes().EndCanary(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Classes().Keep(t.Context(), spec(2)); err != nil {
		t.Fatal(err)
	}
	wantError(t, h.Classes().Remove(t.Context(), spec(2)), syscall.EBUSY, KindClass, "is kept")
	wantError(t, h.Classes().Remove(t.Context(), "c"), syscall.EBUSY, KindClass, "are kept: release them first: "+numberedVersion(2))
	if info, err := h.Classes().Release(t.Context(), spec(2)); err != nil || len(info.State.Kept) != 0 {
		t.Fatal(info, err)
	}
	remove(t, h, spec(2))
	if info := h.state(t); len(info.Versions) != 3 || len(info.State.History) != 2 {
		t.Errorf("after the removal: %+v", info)
	}
	_, err = h.Exec(t.Context(), Call{Ref: ref("o"), Class: spec(2), Method: "m"})
	wantError(t, err, syscall.EOPNOTSUPP, KindClass, "has no version")
	wantError(t, h.Classes().Remove(t.Context(), spec(2)), syscall.EOPNOTSUPP, KindClass, "has no version")
	// The removed version is no longer in the way of a rollback, and can be installed again.
	if info, err := h.Classes().Rollback(t.Context(), "c"); err != nil || info.Version != numberedVersion(1) {
		t.Errorf("rolled back to %+v, %v", info, err)
	}
	install(t, h, "c", numberedSource(2))
	if v := h.runs(t, spec(2)); v != numberedVersion(2) {
		t.Errorf("the call ran %s", v)
	}

	remove(t, h, "c")
	_, err = h.Exec(t.Context(), Call{Ref: ref("o"), Class: "c", Method: "m"})
	wantError(t, err, syscall.EOPNOTSUPP, KindClass, "no class c is installed")
	wantError(t, h.Classes().Remove(t.Context(), "c"), syscall.EOPNOTSUPP, KindClass, "no class c is installed")
	if h.store.pools[classPool][classRef("c")] != nil {
		t.Error("the class's object is there")
	}
	if info := install(t, h, "c", numberedSource(9)); len(info.Versions) != 1 || len(info.State.History) != 0 {
		t.Errorf("a class of a removed one's name: %+v", info)
	}
}

// A version that comes twice in a row after a removal is one step back, and none if it is the active one.
func TestRemovedVersionLeavesNoEmptyStep(t *testing.T) {
	for name, then := range map[string][]int{"twice in a row": {1, 2, 0}, "before itself": {0, 1, 0}} {
		h := newHouse(t, Options{}, doesNothing())
		installNumbered(t, h, 3) // history 0 1, active 2
		for _, n := range then {
			activate(t, h, "c@"+numberedVersion(n))
		}
		remove(t, h, "c@"+numberedVersion(1)) // of history 0 1 2 1 2, or 0 1 2 0 1, and active 0
		var got []string
		for _, a := range h.state(t).State.History {
			got = append(got, a.Version)
		}
		if want := []string{numberedVersion(0), numberedVersion(2)}; !slices.Equal(got, want) {
			t.Errorf("%s: the history is %v, want %v", name, got, want)
		}
	}
}

func TestInstallInactive(t *testing.T) {
	h := newHouse(t, Options{}, doesNothing())
	_, err := h.Classes().InstallInactive(t.Context(), "c", []byte(numberedSource(0)))
	wantError(t, err, syscall.EINVAL, KindClass, "first version must be the active one")
	install(t, h, "c", numberedSource(0))
	info, err := h.Classes().InstallInactive(t.Context(), "c", []byte(numberedSource(1)))
	if err != nil || info.Active || info.Version != numberedVersion(1) || len(info.Versions) != 2 {
		t.Errorf("installed %+v, %v", info, err)
	}
	if h.runs(t, "c") != numberedVersion(0) || h.runs(t, "c@"+info.Version) != info.Version {
		t.Error("the call ran another version")
	}
	if h.state(t).Version != numberedVersion(0) {
		t.Error("it is active")
	}
}

func TestLifecycleRefuses(t *testing.T) {
	h := newHouse(t, Options{}, doesNothing())
	installNumbered(t, h, 2)
	r := h.Classes()
	calls := map[string]func(spec string) error{
		"activate": func(spec string) error { _, err := r.Activate(t.Context(), spec); return err },
		"canary":   func(spec string) error { _, err := r.SetCanary(t.Context(), spec, 5); return err },
		"keep":     func(spec string) error { _, err := r.Keep(t.Context(), spec); return err },
		"release":  func(spec string) error { _, err := r.Release(t.Context(), spec); return err },
		"remove":   func(spec string) error { return r.Remove(t.Context(), spec) },
	}
	for what, call := range calls {
		for _, c := range []struct {
			spec  string
			errno syscall.Errno
			text  string
		}{
			{"", syscall.EINVAL, "no class name"},
			{"c@", syscall.EINVAL, "no version of a class"},
			{"c@4f2", syscall.EINVAL, "no version of a class"},
			{"c@xyzz", syscall.EINVAL, "no version of a class"},
			{"c@" + strings.Repeat("0", 64), syscall.EOPNOTSUPP, "class c has no version 0000"},
			{"d@4f2a", syscall.EOPNOTSUPP, "no class d is installed"},
			{"lua@4f2a", syscall.EOPNOTSUPP, "class lua is built in, and has no versions"},
		} {
			e := wantError(t, call(c.spec), c.errno, KindClass, c.text)
			if t.Failed() {
				t.Fatalf("%s %s: %v", what, c.spec, e)
			}
		}
		if what != "remove" {
			wantError(t, call("c"), syscall.EINVAL, KindClass, "say which version of class c: c@VERSION")
		}
	}
	for _, call := range []func(context.Context, string) (ClassInfo, error){r.Rollback, r.PromoteCanary, r.EndCanary} {
		_, err := call(t.Context(), "d")
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, "no class d is installed")
		_, err = call(t.Context(), "lua")
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, "class lua is built in, and has no versions")
		_, err = call(t.Context(), "c@4f2a")
		wantError(t, err, syscall.EINVAL, KindClass, "no class name")
	}
	if n := len(h.state(t).Versions); n != 2 {
		t.Errorf("there are %d versions", n)
	}
}

// What ends trouble with a class is let in when its calls fill the house; when the house is being closed it is not.
func TestLifecycleInAFullHouse(t *testing.T) {
	started, goOn := make(chan struct{}), make(chan struct{})
	h := newHouse(t, Options{Executions: 2, Queue: 1}, map[string]testMethod{"m": wait(started, goOn)})
	installNumbered(t, h, 2)
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			if _, err := h.call(context.Background(), fmt.Sprint(i), "m"); err != nil {
				t.Error(err)
			}
		})
	}
	for range 2 {
		<-started
	}
	for h.Stats().Calls < 3 {
		time.Sleep(time.Millisecond)
	}
	_, err := h.Classes().List(t.Context())
	wantError(t, err, syscall.EBUSY, KindBusy, "")
	if info, err := h.Classes().Rollback(t.Context(), "c"); err != nil || info.Version != numberedVersion(0) {
		t.Errorf("rolled back to %+v, %v", info, err)
	}
	_, err = h.Classes().List(t.Context())
	wantError(t, err, syscall.EBUSY, KindBusy, "")
	close(goOn)
	<-started
	wg.Wait()
	if err := h.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = h.Classes().Rollback(t.Context(), "c")
	wantError(t, err, syscall.ESHUTDOWN, KindBusy, "")
}

// A reading that began before the removal of a class does not bring it back.
func TestReadingThatARemovalOvertakes(t *testing.T) {
	h := newHouse(t, Options{}, doesNothing())
	install(t, h, "c", version1)
	stale := (*h.Classes().cache.Load())["c"]
	since := h.Classes().now()
	remove(t, h, "c")
	if got := h.Classes().put("c", stale, since); got != stale {
		t.Errorf("the late reader got %+v", got)
	}
	_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "c", Method: "m"})
	wantError(t, err, syscall.EOPNOTSUPP, KindClass, "no class c is installed")
}

func TestChangesByAnotherDaemonAreSeenAtOnce(t *testing.T) {
	d := newDaemons(t)
	first := versionOf([]byte(version1))
	install(t, d.a, "c", version2)
	d.runs(version2)
	activate(t, d.a, "c@"+first)
	d.runs(version1)
	if _, err := d.a.Classes().Rollback(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	d.runs(version2)
	if _, err := d.a.Classes().SetCanary(t.Context(), "c@"+first, 100); err != nil {
		t.Fatal(err)
	}
	d.runs(version1)
	if _, err := d.a.Classes().EndCanary(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	d.runs(version2)
	remove(t, d.a, "c@"+first)
	_, err := d.b.Exec(t.Context(), Call{Ref: ref("o"), Class: "c@" + first, Method: "m"})
	wantError(t, err, syscall.EOPNOTSUPP, KindClass, "has no version")
	remove(t, d.a, "c")
	_, err = d.b.Exec(t.Context(), Call{Ref: ref("o"), Class: "c", Method: "m"})
	wantError(t, err, syscall.EOPNOTSUPP, KindClass, "no class c is installed")
}

// Two daemons change a class at the same time: each rollback goes back one step of its own.
func TestConcurrentRollbacks(t *testing.T) {
	d := newDaemons(t)
	installNumbered(t, d.a, 9) // over version1
	var mu sync.Mutex
	var got []string
	var wg sync.WaitGroup
	for _, h := range []*house{d.a, d.b, d.a, d.b} {
		wg.Go(func() {
			for range 2 {
				info, err := h.Classes().Rollback(context.Background(), "c")
				mu.Lock()
				got = append(got, info.Version)
				mu.Unlock()
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var want []string
	for i := range 8 {
		want = append(want, numberedVersion(i))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("rolled back to %v, want %v", got, want)
	}
	d.runs(numberedSource(0))
}

// A class of a store that knew no state has one from the first change on.
func TestClassWithoutState(t *testing.T) {
	h := newHouse(t, Options{}, doesNothing())
	installNumbered(t, h, 2)
	delete(h.store.pools[classPool][classRef("c")].xattrs, stateXattr)
	var err error
	if h.Service, err = NewService(h.store, h.engine, Options{}); err != nil {
		t.Fatal(err)
	}
	if v := h.runs(t, "c"); v != numberedVersion(1) {
		t.Errorf("the call ran %s", v)
	}
	_, err = h.Classes().Rollback(t.Context(), "c")
	wantError(t, err, syscall.ENOENT, KindClass, "no version was active before")
	activate(t, h, "c@"+numberedVersion(0))
	if a := h.state(t).State.History[0]; a.Version != numberedVersion(1) || !a.Since.IsZero() {
		t.Errorf("the history has %+v", a)
	}
	rollback(t, h, 1)
	if v := h.runs(t, "c"); v != numberedVersion(1) {
		t.Errorf("the call ran %s", v)
	}
}

// lifecycleModel is a class as it should be.
type lifecycleModel struct {
	versions []int
	active   int
	history  []int
	canary   int // -1: none
	kept     []int
}

func (m *lifecycleModel) becomes(n int) {
	if m.active = n; m.canary == n {
		m.canary = -1
	}
}

func (m *lifecycleModel) activate(n int) {
	if n != m.active {
		m.history = append(m.history, m.active)
		m.history = m.history[max(0, len(m.history)-maxHistory):]
		m.becomes(n)
	}
}

// Whatever an operator does, in whatever order, the class is as a model of it says, and its object is sound.
func TestLifecycleAgainstAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t, Options{}, nil)
		install(t, h, "c", numberedSource(0))
		r, m := h.Classes(), &lifecycleModel{versions: []int{0}, canary: -1}
		any := rapid.IntRange(0, 5)
		spec := func(n int) string { return "c@" + numberedVersion(n) }
		// check checks how an operation on version n ended, which may be refused for one of the errnos.
		check := func(rt *rapid.T, err error, n int, errnos ...syscall.Errno) (made bool) {
			want := syscall.Errno(0)
			if !slices.Contains(m.versions, n) {
				want = syscall.EOPNOTSUPP
			}
			for _, errno := range errnos {
				if want == 0 {
					want = errno
				}
			}
			if want == 0 && err != nil || want != 0 && !errors.Is(err, want) {
				rt.Fatalf("version %d: %v, want %v", n, err, want)
			}
			return want == 0
		}
		when := func(refuse bool, errno syscall.Errno) syscall.Errno {
			if refuse {
				return errno
			}
			return 0
		}
		rt.Repeat(map[string]func(*rapid.T){
			"install": func(rt *rapid.T) {
				n, inactive := any.Draw(rt, "version"), rapid.Bool().Draw(rt, "inactive")
				installer := r.Install
				if inactive {
					installer = r.InstallInactive
				}
				if _, err := installer(t.Context(), "c", []byte(numberedSource(n))); err != nil {
					rt.Fatal(err)
				}
				if !slices.Contains(m.versions, n) {
					m.versions = append(m.versions, n)
				}
				if !inactive {
					m.activate(n)
				}
			},
			"activate": func(rt *rapid.T) {
				n := any.Draw(rt, "version")
				if _, err := r.Activate(t.Context(), spec(n)); check(rt, err, n) {
					m.activate(n)
				}
			},
			"rollback": func(rt *rapid.T) {
				_, err := r.Rollback(t.Context(), "c")
				if check(rt, err, m.active, when(len(m.history) == 0, syscall.ENOENT)) {
					last := len(m.history) - 1
					n := m.history[last]
					m.history = m.history[:last]
					m.becomes(n)
				}
			},
			"remove": func(rt *rapid.T) {
				n := any.Draw(rt, "version")
				err := r.Remove(t.Context(), spec(n))
				if check(rt, err, n, when(n == m.active || n == m.canary || slices.Contains(m.kept, n), syscall.EBUSY)) {
					is := func(v int) bool { return v == n }
					m.versions = slices.DeleteFunc(m.versions, is)
					m.history = slices.Compact(slices.DeleteFunc(m.history, is))
					if last := len(m.history) - 1; last >= 0 && m.history[last] == m.active {
						m.history = m.history[:last]
					}
				}
			},
			"canary": func(rt *rapid.T) {
				n := any.Draw(rt, "version")
				_, err := r.SetCanary(t.Context(), spec(n), 50)
				if check(rt, err, n, when(n == m.active, syscall.EINVAL)) {
					m.canary = n
				}
			},
			"promote": func(rt *rapid.T) {
				_, err := r.PromoteCanary(t.Context(), "c")
				if check(rt, err, m.active, when(m.canary < 0, syscall.ENOENT)) {
					m.activate(m.canary)
				}
			},
			"end": func(rt *rapid.T) {
				_, err := r.EndCanary(t.Context(), "c")
				if check(rt, err, m.active, when(m.canary < 0, syscall.ENOENT)) {
					m.canary = -1
				}
			},
			"keep": func(rt *rapid.T) {
				n := any.Draw(rt, "version")
				if _, err := r.Keep(t.Context(), spec(n)); check(rt, err, n) && !slices.Contains(m.kept, n) {
					m.kept = append(m.kept, n)
				}
			},
			"release": func(rt *rapid.T) {
				n := any.Draw(rt, "version")
				if _, err := r.Release(t.Context(), spec(n)); check(rt, err, n) {
					m.kept = slices.DeleteFunc(m.kept, func(v int) bool { return v == n })
				}
			},
			"collect": func(rt *rapid.T) {
				collected, err := r.Collect(t.Context(), "c", 0, false)
				if err != nil {
					rt.Fatal(err)
				}
				var want []string
				m.versions = slices.DeleteFunc(m.versions, func(n int) bool {
					unheld := n != m.active && n != m.canary && !slices.Contains(m.kept, n) && !slices.Contains(m.history, n)
					if unheld {
						want = append(want, spec(n))
					}
					return unheld
				})
				slices.Sort(want)
				slices.Sort(collected)
				if !slices.Equal(collected, want) {
					rt.Fatalf("collected %v, want %v", collected, want)
				}
			},
			"": func(rt *rapid.T) {
				info := h.state(t)
				if info.Version != numberedVersion(m.active) || len(info.Versions) != len(m.versions) {
					rt.Fatalf("the class is %+v, want %+v", info, m)
				}
				var history []int
				for _, a := range info.State.History {
					history = append(history, slices.IndexFunc([]int{0, 1, 2, 3, 4, 5}, func(n int) bool { return numberedVersion(n) == a.Version }))
				}
				canary := info.State.Canary
				if !slices.Equal(history, m.history) || len(info.State.Kept) != len(m.kept) || (canary == nil) != (m.canary < 0) ||
					canary != nil && canary.Version != numberedVersion(m.canary) {
					rt.Fatalf("the class is %+v, want %+v", info, m)
				}
			},
		})
	})
}
