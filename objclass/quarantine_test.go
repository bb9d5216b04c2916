package objclass

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/objluad/objluad/store"
)

// trapping makes a method that ends as its input says: by a trap's kind, "error", or well for anything else.
func trapping(_ context.Context, inv *Invocation) (int32, []byte, error) {
	switch kind := Kind(inv.Input); {
	case kind == "panic":
		panic("engine")
	case kind.Trap() != "":
		return 0, nil, Errorf(syscall.ETIMEDOUT, kind, "test.lua:1: over 1000 ms")
	case kind == "error":
		return -2, nil, nil
	}
	return 0, nil, nil
}

// quarantineHouse is a service whose versions are quarantined after 3 traps in a minute, for 10 s.
func quarantineHouse(t *testing.T) (h *house, call func(class, input string) error) {
	opts := Options{Quarantine: QuarantineOptions{Traps: 3, Cooldown: 10 * time.Second}}
	h = newHouse(t, opts, map[string]testMethod{"m": trapping})
	return h, func(class, input string) error {
		_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: class, Method: "m", Input: []byte(input)})
		return err
	}
}

// bad makes calls that trap.
func bad(t *testing.T, call func(class, input string) error, n int) {
	t.Helper()
	for range n {
		wantError(t, call("test", string(TrapDeadline)), syscall.ETIMEDOUT, TrapDeadline, "over")
	}
}

func wantRefused(t *testing.T, err error) {
	t.Helper()
	if e := wantError(t, err, syscall.EPERM, KindClass, "quarantined: class test@"); len(e.ClassVersion) != versionLen {
		t.Errorf("the version is %q", e.ClassVersion)
	}
}

func TestQuarantine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, call := quarantineHouse(t)
		bad(t, call, 2)
		if err := call("test", ""); err != nil {
			t.Errorf("after two traps: %v", err)
		}
		time.Sleep(time.Minute + time.Second) // these two are forgotten
		bad(t, call, 3)
		runs := h.engine.runs.Load()
		wantRefused(t, call("test", ""))
		wantError(t, call("test", ""), syscall.EPERM, KindClass, "last: trap:deadline test.lua:1: over 1000 ms; the first call after")
		if h.engine.runs.Load() != runs {
			t.Error("a call that was refused has run")
		}
		info, err := h.Classes().Show(t.Context(), "test")
		if q := info.Quarantine; err != nil || q == nil || q.Traps != 3 || q.Until.Sub(q.Since) != 10*time.Second || time.Since(q.Since) != 0 {
			t.Errorf("described as %+v, %v", q, err)
		}

		// Each trial that traps doubles the time, up to a bound.
		for cooldown := 10 * time.Second; cooldown < time.Hour; cooldown *= 2 {
			time.Sleep(min(cooldown, 160*time.Second) - time.Millisecond)
			wantRefused(t, call("test", ""))
			time.Sleep(time.Millisecond)
			bad(t, call, 1)
			wantRefused(t, call("test", ""))
		}
		time.Sleep(160 * time.Second)
		if err := call("test", "error"); err == nil || OpError(err).Kind != KindOp { // which is no trap
			t.Errorf("the trial: %v", err)
		}
		if err := call("test", ""); err != nil {
			t.Errorf("after the trial: %v", err)
		}
		bad(t, call, 3)
		wantRefused(t, call("test", "")) // from the beginning again
		time.Sleep(10 * time.Second)
		if err := call("test", ""); err != nil {
			t.Error(err)
		}
		if stats := h.Stats().Quarantine; stats.Versions != 0 || stats.Entered != 2 || stats.Refused < 10 {
			t.Errorf("%+v", stats)
		}
		if info, err := h.Classes().Show(t.Context(), "test"); err != nil || info.Quarantine != nil {
			t.Errorf("described as %+v, %v", info.Quarantine, err)
		}
	})
}

// What does not tell that the version is bad does not count, neither for the quarantine nor as a trial.
func TestQuarantineCountsNoOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, call := quarantineHouse(t)
		short := func() error {
			_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "m", Input: []byte(TrapDeadline), Timeout: time.Millisecond})
			return err
		}
		for range 5 {
			for _, kind := range []Kind{TrapCanceled, TrapHost} {
				wantError(t, call("test", string(kind)), syscall.ETIMEDOUT, kind, "")
			}
			wantError(t, short(), syscall.ETIMEDOUT, TrapDeadline, "")
			wantError(t, call("test", "error"), syscall.ENOENT, KindOp, "")
		}
		if err := call("test", ""); err != nil {
			t.Fatal(err)
		}
		bad(t, call, 3)
		time.Sleep(10 * time.Second)
		for _, kind := range []Kind{TrapCanceled, TrapHost} { // trials that tell nothing: the next call is one, too
			wantError(t, call("test", string(kind)), syscall.ETIMEDOUT, kind, "")
		}
		wantError(t, short(), syscall.ETIMEDOUT, TrapDeadline, "")
		_, err := h.call(t.Context(), "o", "nosuch")
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, "")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.call(ctx, "o", "m"); err == nil { // never ran
			t.Error("a canceled call succeeded")
		}
		if stats := h.Stats().Quarantine; stats.Versions != 1 {
			t.Errorf("%+v", stats)
		}
		if err := call("test", ""); err != nil {
			t.Error(err)
		}
		if stats := h.Stats().Quarantine; stats.Versions != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

// What counts is the budget that the method has by itself, by its manifest or the server's.
func TestQuarantineCountsByTheBudgetOfTheMethod(t *testing.T) {
	for _, tt := range []struct {
		own, timeout time.Duration // 0 is none
		counts       bool
	}{
		{0, 0, true},
		{0, time.Minute, true},
		{0, time.Millisecond, false},
		{100 * time.Millisecond, 0, true},
		{100 * time.Millisecond, 200 * time.Millisecond, true},
		{100 * time.Millisecond, 100 * time.Millisecond, true},
		{100 * time.Millisecond, 99 * time.Millisecond, false},
		{10 * time.Second, 2 * time.Second, false},
	} {
		opts := Options{Quarantine: QuarantineOptions{Traps: 5}}.withDefaults()
		x := &exec{tuned: opts.tuning(), method: &classMethod{manifest: &MethodManifest{TimeoutMS: tt.own.Milliseconds()}}}
		x.call.Timeout = tt.timeout
		x.budget = opts.Budget
		if tt.timeout > 0 {
			x.budget.Wall = tt.timeout
		}
		x.budget = x.method.manifest.budget(x.budget, x.tuned.largest(), tt.timeout > 0)
		if got := x.trappedItself(Errorf(syscall.ETIMEDOUT, TrapDeadline, "over")); got != tt.counts {
			t.Errorf("of its own %v, with a timeout of %v: counts is %v", tt.own, tt.timeout, got)
		}
	}
}

// A trial in which the engine panics tells nothing: the next call is one, too.
func TestQuarantineTrialThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, call := quarantineHouse(t)
		bad(t, call, 3)
		time.Sleep(10 * time.Second)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			call("test", "panic")
		}()
		if err := call("test", ""); err != nil {
			t.Error(err)
		}
	})
}

// One call tries the version, and others are refused meanwhile.
func TestQuarantineHasOneTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, goOn := make(chan struct{}), make(chan struct{})
		opts := Options{Quarantine: QuarantineOptions{Traps: 1}}
		h := newHouse(t, opts, map[string]testMethod{"m": trapping, "wait": wait(started, goOn)})
		call := func(method, input string) error {
			_, err := h.Exec(t.Context(), Call{Ref: ref(method), Class: "test", Method: method, Input: []byte(input)})
			return err
		}
		if err := call("m", string(TrapMemory)); err == nil {
			t.Fatal("no trap")
		}
		time.Sleep(30 * time.Second)
		var trial sync.WaitGroup
		trial.Go(func() {
			if err := call("wait", ""); err != nil {
				t.Error(err)
			}
		})
		<-started
		for range 10 {
			wantError(t, call("m", ""), syscall.EPERM, KindClass, "a call tries it now")
		}
		goOn <- struct{}{}
		trial.Wait()
		if err := call("m", ""); err != nil {
			t.Error(err)
		}
	})
}

// Versions, and scripts, have nothing to do with each other.
func TestQuarantineIsOfAVersion(t *testing.T) {
	h, call := quarantineHouse(t)
	old, err := h.Classes().Show(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Classes().Install(t.Context(), "test", []byte("m RD|WR\n-- another")); err != nil {
		t.Fatal(err)
	}
	bad(t, call, 3)
	wantRefused(t, call("test", ""))
	if err := call("test@"+old.Version, ""); err != nil {
		t.Errorf("the other version: %v", err)
	}
	for range 5 {
		_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Script: []byte("m RD|WR\n-- another"), Method: "m", Input: []byte(TrapDeadline)})
		wantError(t, err, syscall.ETIMEDOUT, TrapDeadline, "")
	}
	wantError(t, h.Classes().Reset(t.Context(), "nosuch"), syscall.EOPNOTSUPP, KindClass, "no class nosuch")
	wantError(t, h.Classes().Reset(t.Context(), "test@12"), syscall.EINVAL, KindClass, "no version")
	if err := h.Classes().Reset(t.Context(), "test@"+old.Version); err != nil {
		t.Error(err)
	}
	wantRefused(t, call("test", ""))
	if err := h.Classes().Reset(t.Context(), "test"); err != nil {
		t.Error(err)
	}
	if err := call("test", ""); err != nil {
		t.Error(err)
	}
	if stats := h.Stats().Quarantine; stats.Versions != 0 {
		t.Errorf("%+v", stats)
	}
}

// However many versions trap, a bounded number is remembered, and none of those in quarantine is forgotten.
func TestQuarantineIsBounded(t *testing.T) {
	q := newQuarantine(QuarantineOptions{Traps: 2}, Options{}.withDefaults().Logger)
	trap := func(class string) { q.trapped(versionName{class, "v"}, Errorf(syscall.ENOMEM, TrapMemory, "no"), nil) }
	trap("bad")
	trap("bad")
	for i := range 5000 {
		trap(fmt.Sprint("once", i))
		if len(q.breakers) > mostBreakers {
			t.Fatalf("%d breakers", len(q.breakers))
		}
	}
	if _, err := q.admit(&classVersion{class: "bad", version: "v"}); err == nil {
		t.Error("a version in quarantine was forgotten")
	}
}

// A call that began to try a version, and runs another one since that was removed, leaves the trial to the next.
func TestQuarantineForgetsTrialOfRemovedVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, call := quarantineHouse(t)
		bad(t, call, 3)
		wantRefused(t, call("test", ""))
		first, err := h.Classes().Show(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		other, err := NewService(h.store, h.engine, Options{}) // the same store in another daemon
		if err != nil {
			t.Fatal(err)
		}
		h.Classes().sources.drop(0) // so that the call reads it again
		h.store.beforeSnapshot = func(_ context.Context, r store.Ref) {
			if r != classRef("test") {
				return
			}
			h.store.beforeSnapshot = nil
			_, err = other.Classes().Install(context.Background(), "test", []byte("m RD|WR\n-- another"))
			if err == nil {
				err = other.Classes().Remove(context.Background(), "test@"+first.Version)
			}
		}
		if e := call("test", ""); err != nil || e != nil || h.store.beforeSnapshot != nil {
			t.Fatal(err, e, "or the source was not read")
		}
		if again, err := h.Classes().Install(t.Context(), "test", []byte("m RD|WR\n")); err != nil || again.Version != first.Version {
			t.Fatal(again.Version, first.Version, err)
		}
		if err := call("test", ""); err != nil {
			t.Errorf("nobody tries the version: %v", err)
		}
	})
}
