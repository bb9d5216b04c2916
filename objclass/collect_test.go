package objclass

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/objluad/objluad/store"
)

// collect checks which versions of class c are collected.
func collect(t *testing.T, h *house, unused time.Duration, want ...int) {
	t.Helper()
	var specs []string
	for _, n := range want {
		specs = append(specs, "c@"+numberedVersion(n))
	}
	_, _, before := h.store.counts()
	dry, err := h.Classes().Collect(t.Context(), "c", unused, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, after := h.store.counts(); after != before {
		t.Error("a dry run made a commit")
	}
	got, err := h.Classes().Collect(t.Context(), "c", unused, false)
	if err != nil || !slices.Equal(got, specs) || !slices.Equal(dry, got) {
		t.Errorf("collected %q, %v, and by a dry run %q; want %q", got, err, dry, specs)
	}
	for _, version := range h.state(t).Versions {
		if slices.Contains(specs, "c@"+version) {
			t.Errorf("version %s is there still", version)
		}
	}
}

// rollback rolls class c back so many times.
func rollback(t *testing.T, h *house, times int) {
	t.Helper()
	for range times {
		if _, err := h.Classes().Rollback(t.Context(), "c"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCollect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{}, doesNothing())
		installNumbered(t, h, 7)
		rollback(t, h, 4) // active 2, in the history 0 and 1, and 3 to 6 are nothing any more
		setCanary(t, h, "c@"+numberedVersion(3), 1)
		if _, err := h.Classes().Keep(t.Context(), "c@"+numberedVersion(4)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Nanosecond)
		collect(t, h, time.Hour-notedEvery)
		time.Sleep(time.Nanosecond)
		h.runs(t, "c@"+numberedVersion(5))
		synctest.Wait()
		collect(t, h, time.Hour-notedEvery, 6)
		time.Sleep(time.Hour)
		collect(t, h, time.Hour-notedEvery, 5)
		// What was held counts as used until it is no longer.
		if _, err := h.Classes().EndCanary(t.Context(), "c"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := h.Classes().Release(t.Context(), "c@"+numberedVersion(4)); err != nil {
			t.Fatal(err)
		}
		collect(t, h, time.Minute)
		time.Sleep(time.Second)
		rollback(t, h, 1)
		collect(t, h, 0, 3, 4, 2)
		if got, err := h.Classes().Collect(t.Context(), "c", -1, false); err == nil {
			t.Errorf("collected %v", got)
		}
		_, err := h.Classes().Collect(t.Context(), "nosuch", 0, true)
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, "no class nosuch")
		_, err = h.Classes().Collect(t.Context(), "nosuch", 0, false)
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, "no class nosuch")
		_, err = h.Classes().Collect(t.Context(), "c@4f2a", 0, false)
		wantError(t, err, syscall.EINVAL, KindClass, "no class name")
	})
}

func TestCollectAll(t *testing.T) {
	h := newHouse(t, Options{}, doesNothing())
	installNumbered(t, h, 2)
	rollback(t, h, 1)
	for _, name := range []string{"a", "z"} {
		install(t, h, name, version1)
		if _, err := h.Classes().InstallInactive(t.Context(), name, []byte(version2)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"a@" + versionOf([]byte(version2)), "c@" + numberedVersion(1), "z@" + versionOf([]byte(version2))}
	for _, dryRun := range []bool{true, false} {
		if got, err := h.Classes().CollectAll(t.Context(), 0, dryRun); err != nil || !slices.Equal(got, want) {
			t.Errorf("collected %v, %v; want %v", got, err, want)
		}
	}
	if got, err := h.Classes().CollectAll(t.Context(), 0, false); err != nil || len(got) != 0 {
		t.Errorf("collected %v, %v", got, err)
	}
	// One that is damaged keeps no other from being collected.
	if _, err := h.Classes().InstallInactive(t.Context(), "z", []byte(version2)); err != nil {
		t.Fatal(err)
	}
	h.store.pools[classPool][classRef("c")].xattrs[stateXattr] = []byte("{")
	_, err := h.Classes().CollectAll(t.Context(), 0, false)
	wantError(t, err, syscall.EIO, KindOp, "class c: ")
	if n := len(h.store.pools[classPool][classRef("z")].omap); n != 2 {
		t.Errorf("the class behind it has %d pairs", n)
	}
}

// Calls that name a version are noted in the store, seldom, and only where it matters.
func TestPinnedCallsAreNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{}, doesNothing())
		installNumbered(t, h, 2)
		rollback(t, h, 1)
		commits := func(spec string, calls int, every time.Duration) int {
			_, _, before := h.store.counts()
			for range calls {
				h.runs(t, spec)
				time.Sleep(every)
			}
			synctest.Wait()
			_, _, after := h.store.counts()
			return after - before
		}
		unheld := "c@" + numberedVersion(1)
		if n := commits(unheld, 10, time.Second); n != 0 {
			t.Errorf("calls just after the installation made %d commits", n)
		}
		time.Sleep(time.Hour)
		if n := commits(unheld, 600, time.Minute); n != 60 {
			t.Errorf("calls in 600 minutes made %d commits", n)
		}
		time.Sleep(time.Hour)
		if n := commits("c@"+numberedVersion(0), 10, time.Minute); n != 0 {
			t.Errorf("calls of the active version made %d commits", n)
		}
		if n := commits("c", 10, time.Minute); n != 0 {
			t.Errorf("calls that name no version made %d commits", n)
		}
	})
}

// A daemon knows of the calls that another one has had.
func TestPinnedCallsThroughAnotherDaemon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDaemons(t)
		install(t, d.a, "c", numberedSource(0))
		install(t, d.a, "c", numberedSource(1))
		rollback(t, d.a, 1)
		d.runs(numberedSource(0))
		time.Sleep(24 * time.Hour)
		d.b.runs(t, "c@"+numberedVersion(1))
		synctest.Wait()
		collect(t, d.a, time.Hour)
		time.Sleep(24 * time.Hour)
		collect(t, d.a, time.Hour, 1)
	})
}

func TestVersionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{}, doesNothing())
		for i := range maxVersions {
			install(t, h, "c", numberedSource(i))
			time.Sleep(time.Second)
		}
		_, err := h.Classes().Install(t.Context(), "c", []byte(numberedSource(1000)))
		wantError(t, err, syscall.EDQUOT, KindClass, "class c has 128 versions, which is the limit")
		install(t, h, "c", numberedSource(0)) // which is there
		time.Sleep(roomAfter)
		h.runs(t, "c@"+numberedVersion(1))
		synctest.Wait()
		install(t, h, "c", numberedSource(1000))
		versions := h.state(t).Versions
		if len(versions) != maxVersions {
			t.Errorf("there are %d versions", len(versions))
		}
		for n, there := range map[int]bool{0: true, 1: true, 2: false, 3: true, 1000: true} {
			if slices.Contains(versions, numberedVersion(n)) != there {
				t.Errorf("version %d is there: %v", n, !there)
			}
		}
	})
}

// Where a call cannot be noted it is answered all the same, and the log says so.
func TestNoteThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		h := newHouse(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, doesNothing())
		installNumbered(t, h, 2)
		rollback(t, h, 1)
		time.Sleep(time.Hour)
		h.store.beforeCommit = func(store.Ref) { // others come first, always
			h.store.mu.Lock()
			h.store.pools[classPool][classRef("c")].stat.Version++
			h.store.mu.Unlock()
		}
		h.runs(t, "c@"+numberedVersion(1))
		time.Sleep(time.Minute)
		synctest.Wait()
		if !strings.Contains(log.String(), "it may be collected") {
			t.Errorf("the log says %s", &log)
		}
	})
}
