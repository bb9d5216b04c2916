//go:build !norados

package radosstore

// This file is the store's life: opening, what is under way, closing.

import (
	"context"
	"sync"
	"time"
	"unsafe"

	"github.com/ceph/go-ceph/rados"

	"github.com/objluad/objluad/store"
)

// Store is a store in the pools of a RADOS cluster. It implements store.Store.
type Store struct {
	conn    *rados.Conn
	timeout time.Duration
	pools   openPools
	newest  latestMap
	cache   *stateCache
	notices chan struct{} // has an element for each notification under way

	mu        sync.RWMutex // guards closed; held for a moment only
	closed    bool
	closing   chan struct{}  // closed when closed is set
	underWay  sync.WaitGroup // what uses conn; added to only while not closed
	lingering sync.WaitGroup // likewise, but may be stuck: watches and notifications
}

var _ store.Changer = (*Store)(nil)

// Open connects to the cluster. When that fails, the error says what to do. It ends within about Options.Timeout.
func Open(opts Options) (*Store, error) {
	opts = opts.withDefaults()
	conn, err := connect(opts)
	if err != nil {
		return nil, err
	}
	return &Store{
		conn:    conn,
		timeout: opts.Timeout,
		pools:   openPools{byName: make(map[string]*pool)},
		cache:   newStateCache(opts.Cache),
		notices: make(chan struct{}, noticesAtOnce),
		closing: make(chan struct{}),
	}, nil
}

// Close waits for what is under way, which the timeout bounds, and disconnects.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	if closed {
		return nil
	}
	s.underWay.Wait()
	if !s.lingersEnd() || !s.newest.idle() {
		// The cluster does not answer, and librados still waits for it: what it waits with must stay until the process ends.
		return nil
	}
	s.pools.close()
	s.conn.Shutdown()
	return nil
}

func (s *Store) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// enter begins something that uses the connection, which then stays until leave.
func (s *Store) enter() error { return s.join(&s.underWay) }

func (s *Store) join(group *sync.WaitGroup) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	group.Add(1)
	return nil
}

func (s *Store) leave() { s.underWay.Done() }

// lingersEnd waits for what lingers, and reports whether it ended within the timeout.
func (s *Store) lingersEnd() bool {
	ended := make(chan struct{})
	go func() {
		s.lingering.Wait()
		close(ended)
	}()
	timer := time.NewTimer(s.timeout)
	defer timer.Stop()
	select {
	case <-ended:
		return true
	case <-timer.C:
		return false
	}
}

func (s *Store) cluster() unsafe.Pointer { return unsafe.Pointer(s.conn.Cluster()) }

// aside does what may wait for the cluster but takes no context, and ends with ctx, while do may go on until the timeout.
func aside[T any](ctx context.Context, s *Store, do func() (T, error)) (T, error) {
	return asideIn(ctx, s, &s.underWay, do)
}

// asideIn is aside of what belongs to a group.
func asideIn[T any](ctx context.Context, s *Store, group *sync.WaitGroup, do func() (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if err := s.join(group); err != nil {
		return none, err
	}
	type outcome struct {
		value T
		err   error
	}
	ended := make(chan outcome, 1)
	go func() {
		defer group.Done()
		v, err := do()
		ended <- outcome{v, err}
	}()
	select {
	case o := <-ended:
		return o.value, o.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
