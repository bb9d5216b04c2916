//go:build !norados

package radosstore

// This file fetches the cluster's newest map, which says what pools there are.

import (
	"context"
	"sync"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// latestMap fetches the map for all who ask. librados waits for it as long as no monitor answers, whatever the timeouts. So
// one goroutine waits, and those who ask wait for that one with bounds of their own.
type latestMap struct {
	mu      sync.Mutex
	running bool
	next    *fetch // begins when the running one has ended
}

// fetch is one that did not begin before those asked who wait for it.
type fetch struct {
	done chan struct{}
	err  error
}

// refresh returns when the map is as new as the cluster's was at the beginning of the call.
func (l *latestMap) refresh(ctx context.Context, s *Store) error {
	f, err := l.join(s)
	if err != nil {
		return err
	}
	timer := time.NewTimer(s.timeout)
	defer timer.Stop()
	select {
	case <-f.done:
		return f.err
	case <-timer.C:
		return clusterError(syscall.ETIMEDOUT)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join returns the next fetch, which it begins unless one is running.
func (l *latestMap) join(s *Store) (*fetch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		l.next = &fetch{done: make(chan struct{})}
	}
	f := l.next
	if !l.running {
		if s.isClosed() {
			return nil, store.ErrClosed
		}
		l.running, l.next = true, nil
		go l.run(s, f)
	}
	return f, nil
}

// run does a fetch, and those that were asked for meanwhile.
func (l *latestMap) run(s *Store, f *fetch) {
	for f != nil {
		if err := s.conn.WaitForLatestOSDMap(); err != nil {
			f.err = radosError(err)
		}
		close(f.done)
		l.mu.Lock()
		f, l.next = l.next, nil
		if s.isClosed() && f != nil {
			f.err = store.ErrClosed
			close(f.done)
			f = nil
		}
		l.running = f != nil
		l.mu.Unlock()
	}
}

// idle reports whether nothing is running, and then nothing will, once the store is closed.
func (l *latestMap) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.running
}
