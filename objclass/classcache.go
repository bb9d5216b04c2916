// This file keeps the cache of classes true to a store in which other daemons may change them.

package objclass

import (
	"context"
	"maps"
	"time"

	"github.com/objluad/objluad/store"
)

// A class in the cache is what the store has, as long as no message told of a change, and for a time of its own. The first call
// that finds the time over reads the class again.
const (
	// confirmedFor is that time while the watch is unbroken. What it bounds comes without a message: a change whose daemon
	// died before it sent one, or that was not made by a daemon.
	confirmedFor = 30 * time.Second
	// polledFor is that time without a watch.
	polledFor = time.Second
)

// changesRef is the object by which daemons tell each other of changes; a message is the name of a class. It is not in the
// namespace of the classes.
var changesRef = store.Ref{Pool: classPool, Namespace: "notify", OID: "classes"}

// watchOthers begins to listen to other daemons, where the store may have some.
func (r *Registry) watchOthers() {
	shared, ok := r.objects.store.(store.Notifier)
	if !ok {
		return
	}
	r.shared = shared
	r.watch = shared.Watch(changesRef, store.Watcher{
		Seen: func(message []byte) { r.changed(string(message)) },
		State: func(err error) {
			if err != nil {
				r.opts.Logger.Warn("no watch on the classes: changes by other daemons are seen later", "within", polledFor.String(), "err", err)
			} else {
				r.opts.Logger.Info("classes are watched: changes by other daemons are seen at once")
			}
		},
	})
}

// tellOthers returns when all other daemons run what was changed. Where that fails the change stands all the same, and they
// will find it in time.
func (r *Registry) tellOthers(ctx context.Context, name string) {
	if r.shared == nil {
		return
	}
	if err := r.shared.Notify(ctx, changesRef, []byte(name)); err != nil {
		r.opts.Logger.Warn("not every daemon has taken note of a change of a class", "class", name,
			"within", confirmedFor.String(), "err", err)
	}
}

// changed has the next call of the class read it again, and what was read before this moment count for nothing.
func (r *Registry) changed(name string) {
	r.cacheMu.Lock()
	defer r.cacheMu.Unlock()
	r.changes.Add(1)
	if c := (*r.cache.Load())[name]; c != nil {
		c.confirmed.Store(nil)
	}
}

// forget drops a class that this daemon removed. What was read before does not come into the cache any more.
func (r *Registry) forget(name string) {
	r.cacheMu.Lock()
	defer r.cacheMu.Unlock()
	r.changes.Add(1)
	cache := maps.Clone(*r.cache.Load())
	delete(cache, name)
	r.cache.Store(&cache)
}

// current reports whether a class of the cache is what the store has.
func (r *Registry) current(c *class) bool {
	if r.shared == nil {
		return true
	}
	confirmed := c.confirmed.Load()
	if confirmed == nil {
		return false
	}
	age := time.Since(*confirmed)
	return age < polledFor || age < confirmedFor && r.watch.Unbroken(*confirmed)
}

// confirm reads a known class again; of several calls that want it, one does.
func (r *Registry) confirm(ctx context.Context, name string) (*class, error) {
	ref := classRef(name)
	if err := r.objects.locks.lock(ctx, ref, r.objects.maxWait); err != nil {
		return nil, err
	}
	defer r.objects.locks.unlock(ref)
	if c := (*r.cache.Load())[name]; c != nil && r.current(c) {
		return c, nil
	}
	return r.refresh(ctx, name)
}

// moment is when something began, in time and among the changes of which this daemon was told.
type moment struct {
	at      time.Time
	changes uint64
}

func (r *Registry) now() moment { return moment{time.Now(), r.changes.Load()} }

// put takes into the cache what the store had of a class after the given moment, nil when it had none, and returns what is to be
// used: a later revision if one is there, and otherwise what has learnt most of its versions.
func (r *Registry) put(name string, c *class, since moment) *class {
	r.cacheMu.Lock()
	defer r.cacheMu.Unlock()
	old := *r.cache.Load()
	known, latest := old[name], since.changes == r.changes.Load()
	switch {
	case c == nil:
		if latest && known != nil {
			cache := maps.Clone(old)
			delete(cache, name)
			r.cache.Store(&cache)
		}
		return nil
	case known == nil && !latest: // it may have been removed since
		return c
	case known != nil && known.revision > c.revision:
		return known
	case known != nil && known.revision == c.revision:
		c = known
	default:
		cache := maps.Clone(old)
		cache[name] = c
		r.cache.Store(&cache)
	}
	if latest {
		c.confirmed.Store(&since.at)
	}
	return c
}
