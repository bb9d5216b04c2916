//go:build !norados

package radosstore

// This file remembers the states of small objects for changes. What it remembers may be stale, at any time: other daemons change
// objects, too. So a state is right only if a commit over its version succeeds, or a read shows that version.

import (
	"container/list"
	"strings"
	"sync"
	"time"

	"github.com/objluad/objluad/store"
)

// maxState is the largest state that is remembered, by store.State.Cost.
const maxState = 128 << 10

// entryCost is what an entry takes beside its state and its name.
const entryCost = 256

// stateCache holds the states that were used last, within a bound of bytes. Of two states of one object it keeps the later one,
// so that a slow reader does not undo what a commit has left. That is only to save retries.
type stateCache struct {
	max       int64
	sharedFor time.Duration

	mu    sync.Mutex
	size  int64
	byRef map[store.Ref]*list.Element
	used  list.List // of *cached: the last used first
}

type cached struct {
	ref   store.Ref
	state *store.State // nil: only that others change the object is known
	cost  int64

	overtaken time.Time // when another daemon came first, if it did
}

// sharedFor is for how long an object that others change, too, is read before each change. A daemon that begins without a read is
// faster than one that was overtaken and reads first, and would win against it again and again.
const sharedFor = time.Second

func (e *cached) version() uint64 {
	if e.state == nil {
		return 0
	}
	st, _ := e.state.Stat()
	return st.Version
}

func newStateCache(max int64) *stateCache {
	return &stateCache{max: max, sharedFor: sharedFor, byRef: make(map[store.Ref]*list.Element)}
}

// get returns the state of an object for a commit over it; nil when it is not known.
func (c *stateCache) get(ref store.Ref) *store.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.byRef[ref]; at != nil {
		return at.Value.(*cached).state
	}
	return nil
}

// use returns the state of an object for a change; nil when it is not known, or when others change the object, too.
func (c *stateCache) use(ref store.Ref) *store.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.byRef[ref]
	if at == nil {
		return nil
	}
	c.used.MoveToFront(at)
	e := at.Value.(*cached)
	if e.state == nil || !e.overtaken.IsZero() && time.Since(e.overtaken) < c.sharedFor {
		return nil
	}
	return e.state
}

// put remembers a state, unless a later one is known.
func (c *stateCache) put(ref store.Ref, state *store.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := &cached{ref: ref, state: state}
	if at := c.byRef[ref]; at != nil {
		known := at.Value.(*cached)
		if known.version() >= e.version() {
			return
		}
		e.ref, e.overtaken = known.ref, known.overtaken
		c.remove(at)
	} else {
		e.ref = clone(ref)
	}
	if state.Cost() <= maxState {
		c.add(e)
	}
}

// clone returns a name in memory of its own: it may be part of a request that is much longer.
func clone(ref store.Ref) store.Ref {
	return store.Ref{Pool: strings.Clone(ref.Pool), Namespace: strings.Clone(ref.Namespace), OID: strings.Clone(ref.OID)}
}

func (c *stateCache) add(e *cached) {
	e.cost = entryCost + int64(len(e.ref.Pool)+len(e.ref.Namespace)+len(e.ref.OID))
	if e.state != nil {
		e.cost += e.state.Cost()
	}
	if e.cost > c.max {
		return
	}
	c.byRef[e.ref] = c.used.PushFront(e)
	for c.size += e.cost; c.size > c.max; {
		c.remove(c.used.Back())
	}
}

// conflict drops the state of an object of which another daemon made a version that is not known.
func (c *stateCache) conflict(ref store.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.byRef[ref]; at != nil {
		c.add(&cached{ref: c.remove(at).ref, overtaken: time.Now()})
	}
}

// saw forgets an object whose version is later than the one that is known; 0 is an absent one's.
func (c *stateCache) saw(ref store.Ref, version uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.byRef[ref]
	if at == nil {
		return
	}
	if e := at.Value.(*cached); e.state != nil && (version == 0 || e.version() < version) {
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

func (c *stateCache) remove(at *list.Element) *cached {
	e := c.used.Remove(at).(*cached)
	delete(c.byRef, e.ref)
	c.size -= e.cost
	return e
}

// bytes returns what the states take.
func (c *stateCache) bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}
