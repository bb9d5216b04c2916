// This file is the table of object locks: one writer at a time for each object.

package objclass

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/objluad/objluad/store"
)

// lockTable holds the locks of the objects that are being changed. A lock exists only while somebody holds it, and goes to
// those who wait for it in the order in which they came.
//
// It is no more than an optimisation for one daemon: what makes a change atomic is the version that its commit expects.
type lockTable struct {
	seed       maphash.Seed
	shards     [64]lockShard
	maxWaiting atomic.Int64 // for one lock
}

// lockShard has an entry for each held lock of its share of the objects; the entry is nil until somebody waits.
type lockShard struct {
	mu   sync.Mutex
	held map[store.Ref]*line
}

const theLock = "the object's lock"

func newLockTable(maxWaiting int) *lockTable {
	t := &lockTable{seed: maphash.MakeSeed()}
	t.maxWaiting.Store(int64(maxWaiting))
	for i := range t.shards {
		t.shards[i].held = make(map[store.Ref]*line)
	}
	return t
}

func (t *lockTable) shard(ref store.Ref) *lockShard {
	return &t.shards[maphash.String(t.seed, ref.OID)%uint64(len(t.shards))]
}

// lock takes the object's lock. It waits at most limit, and no longer than ctx lives; EBUSY when too many wait already.
func (t *lockTable) lock(ctx context.Context, ref store.Ref, limit time.Duration) error {
	s := t.shard(ref)
	s.mu.Lock()
	waiting, held := s.held[ref]
	if !held {
		s.held[ref] = nil
		s.mu.Unlock()
		return nil
	}
	if waiting == nil {
		waiting = new(line)
		s.held[ref] = waiting
	}
	if n := waiting.len(); n >= int(t.maxWaiting.Load()) {
		s.mu.Unlock()
		return lineFull(n, theLock)
	}
	place := waiting.join()
	s.mu.Unlock()
	return waiting.wait(ctx, &s.mu, place, limit, theLock)
}

// unlock hands the object's lock to the first that waits for it.
func (t *lockTable) unlock(ref store.Ref) {
	s := t.shard(ref)
	s.mu.Lock()
	defer s.mu.Unlock()
	if waiting := s.held[ref]; waiting == nil || !waiting.next() {
		delete(s.held, ref)
	}
}
