//go:build !norados

package radosstore

// This file watches objects. A watch is a lease: librados confirms it every few seconds, and what it promises holds for some time
// from there on. So one that was cut off from the cluster stops to promise anything before the cluster forgets it.

// #include "rs.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime/cgo"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/objluad/objluad/store"
)

// The times of a watch. A notification ends when all have taken note, or were forgotten by the cluster, which is later than their
// leases end, or when its timeout has passed. That is longer than two leases, one from the last confirmation before the
// message came, and one from there on, if it waits for Seen.
const (
	lease         = 10 * time.Second // from a confirmation on; librados asks for one every 5 s
	watchTimeout  = 15 * time.Second // from a confirmation on until the cluster forgets the watch
	notifyTimeout = 21 * time.Second
	checkEvery    = time.Second // and then the lease is prolonged

	firstPause = 100 * time.Millisecond // before a lost watch is tried again; doubled each time
	longPause  = 5 * time.Second
)

// watch is one that is kept up until the store is closed.
type watch struct {
	store   *Store
	ref     store.Ref
	watcher store.Watcher
	span    atomic.Pointer[span]
	lost    chan syscall.Errno // what librados says of the watch that is there
	down    bool               // State was told so
}

// span is a time for which no message was missed.
type span struct{ from, until time.Time }

// Watch begins to watch the object, until the store is closed.
func (s *Store) Watch(ref store.Ref, watcher store.Watcher) store.Watch {
	w := &watch{store: s, ref: ref, watcher: watcher, lost: make(chan syscall.Errno, 1)}
	if s.join(&s.lingering) == nil {
		go w.run()
	}
	return w
}

func (w *watch) Unbroken(since time.Time) bool {
	span := w.span.Load()
	return span != nil && !since.Before(span.from) && time.Now().Before(span.until)
}

//export rs_seen
func rs_seen(token C.uintptr_t, message C.rs_bytes) {
	w := cgo.Handle(token).Value().(*watch)
	w.watcher.Seen(C.GoBytes(unsafe.Pointer(message.p), C.int(message.n)))
}

//export rs_lost
func rs_lost(token C.uintptr_t, err C.int) {
	w := cgo.Handle(token).Value().(*watch)
	select {
	case w.lost <- syscall.Errno(err):
	default: // it is known to be lost
	}
}

func (w *watch) run() {
	defer w.store.lingering.Done()
	token := cgo.NewHandle(w)
	defer token.Delete()
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		kept, err := w.once(token)
		if kept {
			pause = firstPause
		}
		if w.store.isClosed() {
			return
		}
		w.tell(err)
		select {
		case <-time.After(pause):
		case <-w.store.closing:
			return
		}
	}
}

// once has a watch for as long as it lasts, if it can be had.
func (w *watch) once(token cgo.Handle) (kept bool, err error) {
	c, err := w.begin(token)
	if err != nil {
		return false, err
	}
	defer w.end(c)
	w.tell(nil)
	return true, w.keep(c)
}

// begin returns a watch on the object, which it creates if it is absent.
func (w *watch) begin(token cgo.Handle) (*C.rs_watch, error) {
	ctx := context.Background() // the store has timeouts
	for {
		in, err := w.store.pool(ctx, w.ref.Pool)
		if err != nil {
			return nil, err
		}
		var c *C.rs_watch
		r := C.rs_watch_new(&c, in.c, cString(w.ref.Namespace), cString(w.ref.OID), C.uint32_t(watchTimeout/time.Second), C.uintptr_t(token))
		switch errno := syscall.Errno(-r); errno {
		case 0:
			return c, nil
		case syscall.ENOENT:
			_, err := w.store.Commit(ctx, w.ref, 0, &store.WriteSet{})
			if err != nil && !errors.Is(err, store.ErrConflict) {
				return nil, fmt.Errorf("creating the object that is watched: %w", err)
			}
		default:
			return nil, clusterError(errno)
		}
	}
}

// keep prolongs the lease until the watch is lost, and says why it was.
func (w *watch) keep(c *C.rs_watch) error {
	from := time.Now()
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		now := time.Now()
		age := C.rs_watch_age(c)
		if age < 0 {
			return lostError(syscall.Errno(-age))
		}
		until := now.Add(lease - time.Duration(age)*time.Millisecond)
		if !now.Before(until) {
			return lostError(syscall.ETIMEDOUT)
		}
		w.span.Store(&span{from, until})
		select {
		case errno := <-w.lost:
			return lostError(errno)
		case <-ticker.C:
		case <-w.store.closing:
			return store.ErrClosed
		}
	}
}

func lostError(errno syscall.Errno) error {
	switch errno {
	case syscall.ETIMEDOUT:
		return fmt.Errorf("%w: the watch was not confirmed in time, or a message not seen", store.ErrTimedOut)
	case syscall.ENOTCONN:
		return fmt.Errorf("%w: the cluster has forgotten the watch", store.ErrTimedOut)
	}
	return clusterError(errno)
}

// end gives the watch up. Afterwards librados knows nothing of it.
func (w *watch) end(c *C.rs_watch) {
	w.span.Store(nil)
	C.rs_watch_free(c)
	select {
	case <-w.lost:
	default:
	}
}

// tell tells State what is new to it.
func (w *watch) tell(err error) {
	if err == nil || !w.down {
		w.watcher.State(err)
	}
	w.down = err != nil
}
