//go:build !norados

package radosstore

// This file tests watches and notifications on clusters, some of which fail.

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/tests/ceph"
)

// listener is a watch, and what it was told.
type listener struct {
	store.Watch
	seen   chan string
	states chan error
}

// listen returns a listener whose watch is there.
func listen(t *testing.T, s *Store, ref store.Ref) *listener {
	t.Helper()
	l := startListening(s, ref)
	if err := l.state(t); err != nil {
		t.Fatal(err)
	}
	return l
}

func startListening(s *Store, ref store.Ref) *listener {
	l := &listener{seen: make(chan string, 1000), states: make(chan error, 1000)}
	l.Watch = s.Watch(ref, store.Watcher{
		Seen:  func(message []byte) { l.seen <- string(message) },
		State: func(err error) { l.states <- err },
	})
	return l
}

func (l *listener) state(t *testing.T) error {
	t.Helper()
	select {
	case err := <-l.states:
		return err
	case <-time.After(patience):
		t.Fatal("nothing was said of the watch")
		return nil
	}
}

// patience is far above what a slow machine needs; it only keeps a test from hanging.
const patience = 3 * time.Minute

// saw returns the messages that were seen by now.
func (l *listener) saw() []string {
	var all []string
	for {
		select {
		case m := <-l.seen:
			all = append(all, m)
		default:
			return all
		}
	}
}

// hears fails unless messages reach the listener again, whose watch may have been lost.
func (l *listener) hears(t *testing.T, from *Store, ref store.Ref) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		since := time.Now()
		err := from.Notify(t.Context(), ref, []byte("again"))
		unbroken := l.Unbroken(since)
		if seen := l.saw(); err == nil && len(seen) > 0 {
			return
		} else if err == nil && unbroken {
			t.Fatalf("an unbroken watch saw %q", seen)
		}
		if time.Now().After(end) {
			t.Fatalf("the watch hears nothing; the last notification: %v", err)
		}
	}
}

// notifyAll sends a message until all listeners promise that they saw it. On a busy machine a watch may be out of touch for a moment,
// and promises nothing then.
func notifyAll(t *testing.T, s *Store, ref store.Ref, message string, listeners []*listener, before time.Time) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		since, promised := time.Now(), true
		if err := s.Notify(t.Context(), ref, []byte(message)); err != nil {
			t.Error(err)
		}
		for _, l := range listeners {
			if seen := l.saw(); len(seen) != 1 || seen[0] != message {
				t.Errorf("saw %q, want %q", seen, message)
			}
			if l.Unbroken(before) {
				t.Error("the watch promises what was before it")
			}
			promised = promised && l.Unbroken(since)
		}
		if promised {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the watch does not know since when it is there")
		}
	}
}

func TestNotify(t *testing.T) {
	c := cluster(t)
	a, pool := openPool(t, c)
	b := open(t, Options{Conf: c.Conf(), Timeout: time.Minute})
	ref := store.Ref{Pool: pool, Namespace: "n", OID: "o\x00"}
	if err := a.Notify(t.Context(), ref, []byte("to nobody")); err != nil {
		t.Error(err)
	}
	before := time.Now()
	listeners := []*listener{listen(t, a, ref), listen(t, b, ref), listen(t, b, ref)}
	for _, message := range []string{"one\x00", "", strings.Repeat("long", 1000)} {
		notifyAll(t, a, ref, message, listeners, before)
	}
	// Other objects are other matters.
	if err := a.Notify(t.Context(), store.Ref{Pool: pool, OID: "o"}, []byte("aside")); err != nil {
		t.Error(err)
	}
	if seen := listeners[0].saw(); len(seen) != 0 {
		t.Errorf("saw %q", seen)
	}
	if err := a.Notify(t.Context(), store.Ref{Pool: "none", OID: "o"}, nil); !errors.Is(err, store.ErrNoPool) {
		t.Error(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Notify(canceled, ref, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if listeners[1].Unbroken(time.Now()) {
		t.Error("the watch of a closed store is unbroken")
	}
	began := time.Now()
	if err := a.Notify(t.Context(), ref, nil); err != nil || len(listeners[0].saw()) != 1 {
		t.Error(err)
	}
	t.Logf("without a store that was closed: %v", time.Since(began))
	if err := b.Notify(t.Context(), ref, nil); !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
	late := startListening(b, ref)
	if late.Unbroken(time.Now()) {
		t.Error("a closed store watches")
	}
}

// Close ends a watch wherever it is, and leaves nothing behind.
func TestCloseEndsWatches(t *testing.T) {
	c := cluster(t)
	_, pool := openPool(t, c)
	ref := store.Ref{Pool: pool, OID: "o"}
	goroutines := runtime.NumGoroutine()
	for i := range 10 {
		s, err := Open(Options{Conf: c.Conf(), Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		l := startListening(s, ref)
		startListening(s, store.Ref{Pool: "none", OID: "o"})
		if i%2 == 0 {
			if err := l.state(t); err != nil {
				t.Error(err)
			}
		}
		go s.Notify(t.Context(), ref, []byte("m"))
		time.Sleep(time.Duration(i) * time.Millisecond)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for end := time.Now().Add(patience); runtime.NumGoroutine() > goroutines; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines are left, of %d", runtime.NumGoroutine(), goroutines)
		}
	}
	out, err := c.Rados(nil, "-p", pool, "listwatchers", "o")
	if len(out) > 0 || err != nil {
		t.Errorf("the cluster knows of watches: %s, %v", out, err)
	}
}

// An object or a pool that goes and comes takes its watches along, which come back.
func TestWatchedObjectIsRemoved(t *testing.T) {
	c := cluster(t)
	s, pool := openPool(t, c)
	ref := store.Ref{Pool: pool, Namespace: "n", OID: "o"}
	l := listen(t, s, ref)
	if _, err := c.Rados(nil, "-p", pool, "-N", "n", "rm", "o"); err != nil {
		t.Fatal(err)
	}
	if err := l.state(t); err == nil {
		t.Error("the watch is not lost")
	}
	if err := l.state(t); err != nil {
		t.Error(err)
	}
	l.hears(t, s, ref)
}

// A watch outlives the restart of its OSDs, and what it misses it does not promise.
func TestWatchWhileOSDsRestart(t *testing.T) {
	t.Parallel()
	c := ceph.Start(t, ceph.Options{OSDs: 2})
	a, pool := openPool(t, c)
	b := open(t, Options{Conf: c.Conf(), Timeout: time.Minute})
	ref := store.Ref{Pool: pool, OID: "o"}
	l := listen(t, b, ref)
	for i := range 2 {
		if err := c.StopOSD(i); err != nil {
			t.Fatal(err)
		}
		if err := c.StartOSD(i); err != nil {
			t.Fatal(err)
		}
		if err := c.WaitUp(2); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		l.hears(t, a, ref)
		t.Logf("heard again after %v", time.Since(began))
	}
}

// While the cluster stands still a watch ends to promise anything, notifications end in time, and Close does, too.
func TestWatchWhileTheClusterStandsStill(t *testing.T) {
	t.Parallel()
	c := ceph.Start(t, ceph.Options{})
	a, pool := openPool(t, c)
	b := open(t, Options{Conf: c.Conf(), Timeout: 2 * time.Second})
	ref := store.Ref{Pool: pool, OID: "o"}
	l := listen(t, a, ref)
	listen(t, b, ref)
	since := time.Now()
	if err := c.PauseOSD(0); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := b.Notify(t.Context(), ref, nil); !errors.Is(err, store.ErrTimedOut) {
		t.Error(err)
	}
	t.Logf("a notification ended after %v", time.Since(began))
	began = time.Now()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("closed after %v", time.Since(began))
	for l.Unbroken(since) {
		if time.Since(since) > patience {
			t.Fatal("the watch has not ended")
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("the watch ended after %v", time.Since(since))
	if err := c.ResumeOSD(0); err != nil {
		t.Fatal(err)
	}
	l.hears(t, a, ref)
}

// A watch whose Seen does not return promises nothing any more when the notification ends.
func TestNotifyWhereOneIsStuck(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("it takes as long as a lease; SOAK=1 runs it")
	}
	c := cluster(t)
	s, pool := openPool(t, c)
	ref := store.Ref{Pool: pool, OID: "o"}
	l := listen(t, s, ref)
	goOn, states := make(chan struct{}), make(chan error, 10)
	w := open(t, Options{Conf: c.Conf(), Timeout: time.Minute}).Watch(ref, store.Watcher{
		Seen:  func([]byte) { <-goOn },
		State: func(err error) { states <- err },
	})
	if err := <-states; err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	err := s.Notify(t.Context(), ref, []byte("m"))
	if w.Unbroken(since) {
		t.Error("the watch promises a message that it has not seen")
	}
	t.Logf("the notification ended after %v: %v", time.Since(since), err)
	if seen := l.saw(); len(seen) != 1 {
		t.Errorf("saw %q", seen)
	}
	close(goOn)
}
