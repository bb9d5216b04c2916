//go:build !norados

package radosstore

// This file remembers the states of small objects for changes. What it remembers may be stale, at any time: other daemons change
// objects, too. So a state is right only if a commit over its version succeeds, or a read shows that version.

import (
	"container/list"
	"sync"

	"github.com/objluad/objluad/store"
)

// maxState is the largest state that is remembered, by store.State.Cost.
const maxState = 128 << 10

// entryCost is what an entry takes beside its state and its name.
const entryCost = 256

// stateCache holds the states that were used last, within a bound of bytes. Of two states of one object it keeps the later one,
// so that a slow reader does not undo what a commit has left. That is only to save retries.
type stateCache struct {
	max int64

	mu    sync.Mutex
	size  int64
	byRef map[store.Ref]*list.Element
	used  list.List // of *cached: the last used first
}

type cached struct {
	ref   store.Ref
	state *store.State
	cost  int64
}

func (e *cached) version() uint64 {
	st, _ := e.state.Stat()
	return st.Version
}

func newStateCache(max int64) *stateCache {
	return &stateCache{max: max, byRef: make(map[store.Ref]*list.Element)}
}

// get returns the state of an object; nil when it is not known.
func (c *stateCache) get(ref store.Ref) *store.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.byRef[ref]
	if at == nil {
		return nil
	}
	c.used.MoveToFront(at)
	return at.Value.(*cached).state
}

// put remembers a state, unless a later one is known.
func (c *stateCache) put(ref store.Ref, state *store.State) {
	e := &cached{ref: ref, state: state}
	e.cost = state.Cost() + entryCost + int64(len(ref.Pool)+len(ref.Namespace)+len(ref.OID))
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.byRef[ref]; at != nil {
		if at.Value.(*cached).version() >= e.version() {
			return
		}
		c.remove(at)
	}
	if state.Cost() > maxState || e.cost > c.max {
		return
	}
	c.byRef[ref] = c.used.PushFront(e)
	for c.size += e.cost; c.size > c.max; {
		c.remove(c.used.Back())
	}
}

// saw forgets an object whose version is later than the one that is known; 0 is an absent one's.
func (c *stateCache) saw(ref store.Ref, version uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.byRef[ref]; at != nil && (version == 0 || at.Value.(*cached).version() < version) {
		c.remove(at)
	}
}

// forget drops the state of an object, whatever its version.
func (c *stateCache) forget(ref store.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.byRef[ref]; at != nil {
		c.remove(at)
	}
}

func (c *stateCache) remove(at *list.Element) {
	e := c.used.Remove(at).(*cached)
	delete(c.byRef, e.ref)
	c.size -= e.cost
}

// bytes returns what the states take.
func (c *stateCache) bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}
