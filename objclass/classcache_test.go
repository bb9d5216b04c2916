// This file tests services over one store, which stand for daemons: what one changes the others run.

package objclass

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/objluad/objluad/store"
)

// sharedStore is a store that carries messages, with a hook behind snapshots.
type sharedStore struct {
	*memStore
	notifyFails error

	watchMu sync.Mutex
	watches []*memWatch

	afterSnapshot func(ref store.Ref) // nil: nothing
}

type memWatch struct {
	mu      sync.Mutex
	watcher store.Watcher
	from    time.Time
	down    bool
}

func (s *sharedStore) Snapshot(ctx context.Context, ref store.Ref) (store.Snapshot, error) {
	snapshot, err := s.memStore.Snapshot(ctx, ref)
	if s.afterSnapshot != nil {
		s.afterSnapshot(ref)
	}
	return snapshot, err
}

func (s *sharedStore) Notify(_ context.Context, _ store.Ref, message []byte) error {
	s.watchMu.Lock()
	watches := slices.Clone(s.watches)
	s.watchMu.Unlock()
	for _, w := range watches {
		w.mu.Lock()
		if !w.down {
			w.watcher.Seen(message)
		}
		w.mu.Unlock()
	}
	return s.notifyFails
}

func (s *sharedStore) Watch(_ store.Ref, watcher store.Watcher) store.Watch {
	w := &memWatch{watcher: watcher, from: time.Now()}
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.watches = append(s.watches, w)
	return w
}

func (w *memWatch) Unbroken(since time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.down && !since.Before(w.from)
}

func (w *memWatch) lose(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	w.watcher.State(err)
}

func (w *memWatch) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down, w.from = false, time.Now()
	w.watcher.State(nil)
}

// daemons is two services over one store, which has class c of version1.
type daemons struct {
	t     *testing.T
	store *sharedStore
	a, b  *house
	log   bytes.Buffer // of both
}

func newDaemons(t *testing.T) *daemons {
	d := &daemons{t: t, store: &sharedStore{memStore: newMemStore("p")}}
	for _, h := range []**house{&d.a, &d.b} {
		engine := &testEngine{methods: map[string]testMethod{"m": onObject(func(*Object, []byte) ([]byte, error) { return nil, nil })}}
		service, err := NewService(d.store, engine, Options{Logger: slog.New(slog.NewTextHandler(&d.log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		*h = &house{Service: service, store: d.store.memStore, engine: engine}
	}
	install(t, d.a, "c", version1)
	return d
}

// runs checks which version a call through b runs, and returns it as b knows it.
func (d *daemons) runs(source string) *classVersion {
	d.t.Helper()
	reply, err := d.b.Exec(d.t.Context(), Call{Ref: ref("o"), Class: "c", Method: "m"})
	if err != nil {
		d.t.Fatal(err)
	}
	if reply.ClassVersion != versionOf([]byte(source)) {
		d.t.Errorf("the call ran %s, want %q", reply.ClassVersion, source)
	}
	return (*d.b.Classes().cache.Load())["c"].version(reply.ClassVersion)
}

// reads returns how many snapshots were opened meanwhile.
func (d *daemons) reads(do func()) int {
	before, _, _ := d.store.counts()
	do()
	after, _, _ := d.store.counts()
	return after - before
}

func TestChangeByAnotherDaemonIsSeenAtOnce(t *testing.T) {
	d := newDaemons(t)
	first := d.runs(version1)
	for range 10 {
		install(t, d.a, "c", version2)
		d.runs(version2)
		install(t, d.a, "c", version1)
		if d.runs(version1) != first {
			t.Fatal("what was learnt about a version was lost with a change of the class")
		}
	}
	if n := d.reads(func() {
		for range 10 {
			d.runs(version1)
		}
	}); n != 10 {
		t.Errorf("10 calls opened %d snapshots, want those of their objects", n)
	}
	// Another class's change does not concern this one.
	install(t, d.a, "other", version1)
	if n := d.reads(func() { d.runs(version1) }); n != 1 {
		t.Errorf("a call opened %d snapshots after another class was changed", n)
	}
}

func TestWithoutAWatchClassesArePolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDaemons(t)
		d.runs(version1)
		watch := d.store.watches[1]
		watch.lose(errors.New("the reason"))
		install(t, d.a, "c", version2)
		time.Sleep(polledFor)
		d.runs(version2)
		const calls = 50
		if n := d.reads(func() {
			for range calls {
				time.Sleep(5 * polledFor / calls)
				d.runs(version2)
			}
		}); n != calls+5 {
			t.Errorf("%d calls in 5 polls opened %d snapshots", calls, n)
		}
		// What was read before the watch was there again counts for nothing, since messages were lost.
		time.Sleep(polledFor)
		install(t, d.a, "c", version1)
		time.Sleep(polledFor)
		watch.mend()
		d.runs(version1)
		if log := d.log.String(); !strings.Contains(log, "the reason") {
			t.Errorf("the log does not say why: %s", log)
		}
	})
}

func TestChangeWithoutAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDaemons(t)
		d.runs(version1)
		d.store.mu.Lock()
		delete(d.store.pools[classPool], classRef("c"))
		d.store.mu.Unlock()
		time.Sleep(confirmedFor - time.Nanosecond)
		d.runs(version1)
		time.Sleep(time.Nanosecond)
		_, err := d.b.Exec(t.Context(), Call{Ref: ref("o"), Class: "c", Method: "m"})
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, "no class c is installed")
		install(t, d.b, "c", version2)
		d.runs(version2)
	})
}

// A reading that began before a change and ends after it does not bring the older state back.
func TestReadingThatAChangeOvertakes(t *testing.T) {
	for what, change := range map[string]func(d *daemons){
		"install": func(d *daemons) { install(d.t, d.a, "c", version2) },
		"removal": func(d *daemons) {
			d.store.mu.Lock()
			delete(d.store.pools[classPool], classRef("c"))
			d.store.mu.Unlock()
			d.a.Classes().tellOthers(d.t.Context(), "c")
		},
	} {
		t.Run(what, func(t *testing.T) {
			d := newDaemons(t)
			for range 2 {
				d.runs(version1)
				overtaken := false
				d.store.afterSnapshot = func(ref store.Ref) {
					if ref == classRef("c") && !overtaken {
						overtaken = true
						d.store.afterSnapshot = nil
						change(d)
					}
				}
				d.b.Classes().changed("c")
				d.runs(version1) // it began before
				if !overtaken {
					t.Fatal("the class was not read")
				}
				if what == "removal" {
					_, err := d.b.Exec(t.Context(), Call{Ref: ref("o"), Class: "c", Method: "m"})
					wantError(t, err, syscall.EOPNOTSUPP, KindClass, "no class c is installed")
				} else {
					d.runs(version2)
				}
				install(t, d.a, "c", version1)
			}
		})
	}
}

// A call that found a class before its removal, and then its source gone, says so.
func TestClassRemovedBeforeItsSourceIsRead(t *testing.T) {
	for class, says := range map[string]string{"c": "no class c is installed", "c@" + versionOf([]byte(version1)): "was removed"} {
		d := newDaemons(t)
		d.store.afterSnapshot = func(ref store.Ref) {
			delete(d.store.pools[classPool], ref)
			d.store.afterSnapshot = nil
		}
		_, err := d.b.Exec(t.Context(), Call{Ref: ref("o"), Class: class, Method: "m"})
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, says)
	}
}

// A call that names no version does not fail when its version is replaced and removed before its source is read.
func TestVersionRemovedBeforeItsSourceIsRead(t *testing.T) {
	d := newDaemons(t)
	old := install(t, d.a, "c", version1)
	d.store.afterSnapshot = func(ref store.Ref) {
		d.store.afterSnapshot = nil
		install(t, d.a, "c", version2)
		remove(t, d.a, "c@"+old.Version)
	}
	d.runs(version2)
}

// Of many calls that find a class to be read again one reads it.
func TestOneCallConfirms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDaemons(t)
		d.runs(version1)
		d.b.Classes().changed("c")
		d.store.afterSnapshot = func(ref store.Ref) {
			if ref == classRef("c") {
				time.Sleep(time.Millisecond) // all calls are waiting by then
			}
		}
		const calls = 20
		n := d.reads(func() {
			var wg sync.WaitGroup
			for range calls {
				wg.Go(func() { d.runs(version1) })
			}
			wg.Wait()
		})
		if n != calls+1 {
			t.Errorf("%d calls opened %d snapshots", calls, n)
		}
	})
}

func TestInstallStandsWhenNobodyCanBeTold(t *testing.T) {
	d := newDaemons(t)
	d.store.notifyFails = store.ErrTimedOut
	install(t, d.a, "c", version2)
	d.runs(version2)
	if log := d.log.String(); !strings.Contains(log, "class=c") {
		t.Errorf("the log does not say so: %s", log)
	}
}
