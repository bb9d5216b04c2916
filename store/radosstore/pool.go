//go:build !norados

package radosstore

// This file finds pools by their names.

// #include "rs.h"
import "C"

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// pool is an open pool of the cluster.
type pool struct {
	id   int64
	c    *C.rs_pool
	seen time.Time // when the map had it under its name
}

// nameLasts is for how long a pool is taken to have the name under which it was found. One that was removed is noticed at
// once, one that was renamed after this time.
const nameLasts = time.Second

// openPools are the pools that were found, by name. They stay open until the store is closed.
type openPools struct {
	mu     sync.RWMutex
	byName map[string]*pool
	all    []*pool
}

func noPool(name string) error { return fmt.Errorf("%w: %q", store.ErrNoPool, name) }

// pool finds a pool by its name, and asks the cluster before it says that there is none.
func (s *Store) pool(ctx context.Context, name string) (*pool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	s.pools.mu.RLock()
	p := s.pools.byName[name]
	fresh := p != nil && time.Since(p.seen) < nameLasts
	s.pools.mu.RUnlock()
	if fresh {
		return p, nil
	}
	p, err := s.findPool(ctx, name)
	if p != nil || err != nil {
		return p, err
	}
	if err := s.newest.refresh(ctx, s); err != nil {
		return nil, err
	}
	if p, err = s.findPool(ctx, name); p == nil && err == nil {
		err = noPool(name)
	}
	return p, err
}

// findPool finds a pool in the newest map that came; nil when it is not there.
func (s *Store) findPool(ctx context.Context, name string) (*pool, error) {
	if name == "" || strings.IndexByte(name, 0) >= 0 {
		return nil, noPool(name)
	}
	return aside(ctx, s, func() (*pool, error) {
		id := int64(C.rs_pool_id(s.cluster(), cString(name)))
		if id < 0 && id != -int64(syscall.ENOENT) {
			return nil, clusterError(syscall.Errno(-id))
		}
		s.pools.mu.Lock()
		defer s.pools.mu.Unlock()
		known := s.pools.byName[name]
		switch {
		case id < 0:
			delete(s.pools.byName, name)
			return nil, nil
		case known != nil && known.id == id:
			known.seen = time.Now()
			return known, nil
		}
		return s.pools.open(s, name, id)
	})
}

// open opens a pool and remembers it. The caller holds the lock.
func (o *openPools) open(s *Store, name string, id int64) (*pool, error) {
	p := &pool{id: id, seen: time.Now()}
	if r := C.rs_pool_open(&p.c, s.cluster(), C.int64_t(id)); r < 0 {
		return nil, clusterError(syscall.Errno(-r))
	}
	o.byName[name] = p
	o.all = append(o.all, p)
	return p, nil
}

// gone reports whether a pool in which an object was not found is itself not there any more. librados knows that for
// certain by then.
func (s *Store) gone(ctx context.Context, name string, p *pool) bool {
	now, err := s.findPool(ctx, name)
	return err == nil && (now == nil || now.id != p.id)
}

func (o *openPools) close() {
	for _, p := range o.all {
		C.rs_pool_close(p.c)
	}
}
