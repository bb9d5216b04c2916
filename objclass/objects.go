// This file is the one way in which objects are read and changed: atomically, on one version.

package objclass

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// objects reads and changes objects of a store. Methods, direct operations and the class registry all go through view and
// change. Their errors are *Error.
type objects struct {
	store   store.Store
	changer store.Changer // the same store, if it remembers objects for changes; nil otherwise
	syncer  store.Syncer  // the same store, if its commits can be waited for later; nil otherwise
	limits  store.Limits
	retries int
	maxWait time.Duration
	locks   *lockTable
	cached  *cacheCounters
}

// cacheCounters count how changes found what the store remembers.
type cacheCounters struct{ hits, misses, stale atomic.Uint64 }

func (o *objects) cacheStats() CacheStats {
	stats := CacheStats{Hits: o.cached.hits.Load(), Misses: o.cached.misses.Load(), Stale: o.cached.stale.Load()}
	if o.changer != nil {
		stats.Bytes = o.changer.CacheSize()
	}
	return stats
}

// basis is the state of its object that a change was made on.
type basis struct {
	fresh   bool   // it must be read from the store
	cached  bool   // it was not, and may have been overtaken when the change began
	version uint64 // of a cached one
}

// read calls fn with the object's committed state, again when another commit overtook it.
func (o *objects) read(ctx context.Context, ref store.Ref, fn func(*store.Overlay) error) error {
	return o.repeat(ctx, func() error {
		_, err := o.view(ctx, ref, fn)
		return err
	})
}

// view calls fn with an overlay over the object's committed state, and returns the overlay, of which then only the
// changes may be used. It fails with store.ErrConflict when another commit overtook the snapshot, whatever fn made of that,
// unless the guard ended fn.
func (o *objects) view(ctx context.Context, ref store.Ref, fn func(*store.Overlay) error) (*store.Overlay, error) {
	snapshot, err := o.open(ctx, ref)
	if err != nil {
		return nil, err
	}
	return o.overlay(ctx, snapshot, fn)
}

// viewToChange is view for an attempt of changeBy, on what openToChange opens.
func (o *objects) viewToChange(ctx context.Context, ref store.Ref, b *basis, fn func(*store.Overlay) error) (*store.Overlay, error) {
	snapshot, err := o.openToChange(ctx, ref, b)
	if err != nil {
		return nil, err
	}
	return o.overlay(ctx, snapshot, fn)
}

func (o *objects) open(ctx context.Context, ref store.Ref) (store.Snapshot, error) {
	snapshot, err := o.store.Snapshot(ctx, ref)
	if err != nil {
		return nil, objectError(ref, err)
	}
	return snapshot, nil
}

// openToChange opens a snapshot for an attempt of changeBy, which the store may have remembered. It tells in b which one.
func (o *objects) openToChange(ctx context.Context, ref store.Ref, b *basis) (store.Snapshot, error) {
	if o.changer == nil || b.fresh {
		return o.open(ctx, ref)
	}
	snapshot, cached, err := o.changer.SnapshotToChange(ctx, ref)
	if err != nil {
		return nil, objectError(ref, err)
	}
	if !cached {
		o.cached.misses.Add(1)
		return snapshot, nil
	}
	o.cached.hits.Add(1)
	st, _ := snapshot.Stat()
	b.cached, b.version = true, st.Version
	return snapshot, nil
}

// overlay calls fn with an overlay over a snapshot, which it closes.
func (o *objects) overlay(ctx context.Context, snapshot store.Snapshot, fn func(*store.Overlay) error) (overlay *store.Overlay, err error) {
	defer func() {
		closed := snapshot.Close()
		if errors.Is(closed, store.ErrConflict) && (err == nil || OpError(err).Kind.Trap() == "") {
			overlay, err = nil, OpError(closed)
		}
	}()
	overlay = store.NewOverlay(ctx, snapshot, o.limits)
	if err := cmp.Or(fn(overlay), overlay.Err()); err != nil {
		return nil, OpError(err)
	}
	return overlay, nil
}

// change makes one change to the object under its lock and commits it, unless attempt changed nothing. When another
// commit came first, from another daemon or past the lock, it makes the change again, from what attempt then sees. It
// returns the object's version after the change, 0 when it is absent.
func (o *objects) change(ctx context.Context, ref store.Ref, attempt func() (*store.Overlay, error)) (uint64, error) {
	return o.changeBy(ctx, ref, func(*basis) (*store.Overlay, error) { return attempt() }, func(overlay *store.Overlay) (uint64, error) {
		return o.commit(ctx, ref, overlay, nil)
	}, nil)
}

// changeBy is change with attempts that may use openToChange, and a commit of the caller's, which calls commit. What is to be waited
// for is gathered in u, unless that is nil.
func (o *objects) changeBy(ctx context.Context, ref store.Ref, attempt func(*basis) (*store.Overlay, error),
	commit func(*store.Overlay) (uint64, error), u *Unsynced) (version uint64, err error) {
	committed := false
	version, err = o.changeLocked(ctx, ref, attempt, func(overlay *store.Overlay) (uint64, error) {
		version, err := commit(overlay)
		committed = err == nil && overlay.Changed()
		return version, err
	})
	if committed {
		return version, err
	}
	return version, o.settled(ctx, ref, err, u)
}

func (o *objects) changeLocked(ctx context.Context, ref store.Ref, attempt func(*basis) (*store.Overlay, error),
	commit func(*store.Overlay) (uint64, error)) (version uint64, err error) {
	if err := o.locks.lock(ctx, ref, o.maxWait); err != nil {
		return 0, err
	}
	defer o.locks.unlock(ref)
	fresh := false
	err = o.repeat(ctx, func() error {
		b := basis{fresh: fresh}
		fresh = true
		overlay, err := attempt(&b)
		if err != nil || !overlay.Changed() {
			err = o.judge(ctx, ref, &b, err)
		}
		if err == nil {
			version, err = commit(overlay)
			err = o.judgeCommit(ctx, ref, &b, err)
		}
		return err
	})
	return version, err
}

// judge returns err, the outcome of an attempt that has nothing to commit, nil among them, if the object has the version that
// the attempt was made on: what a method found out, or failed with, on a stale state is no answer.
func (o *objects) judge(ctx context.Context, ref store.Ref, b *basis, err error) error {
	if !b.cached || err != nil && OpError(err).Kind == TrapCanceled { // which has nothing to do with the object
		return err
	}
	overlay, readErr := o.view(ctx, ref, func(*store.Overlay) error { return nil })
	if readErr != nil {
		return readErr
	}
	if now := overlay.Version(); now != b.version {
		o.cached.stale.Add(1)
		return fmt.Errorf("%w: it has version %d, not %d", store.ErrConflict, now, b.version)
	}
	return err
}

// judgeCommit is judge for the outcome of a commit. Where that is not known, it must not be made again.
func (o *objects) judgeCommit(ctx context.Context, ref store.Ref, b *basis, err error) error {
	switch {
	case !b.cached || err == nil:
		return err
	case errors.Is(err, store.ErrConflict):
		o.cached.stale.Add(1)
		return err
	case errors.Is(err, store.ErrTimedOut) || ctx.Err() != nil:
		return err
	}
	return o.judge(ctx, ref, b, err)
}

// repeat makes an attempt again as long as it fails with store.ErrConflict, a bounded number of times.
func (o *objects) repeat(ctx context.Context, attempt func() error) error {
	for retry := 0; ; retry++ {
		err := attempt()
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		if retry == o.retries {
			return conflictError(retry + 1)
		}
		if err := pause(ctx, retry); err != nil {
			return err
		}
	}
}

// commit commits what overlay changed, durably unless u is to gather that. A canceled ctx prevents a commit that has not begun.
func (o *objects) commit(ctx context.Context, ref store.Ref, overlay *store.Overlay, u *Unsynced) (uint64, error) {
	version := overlay.Version()
	if overlay.Changed() {
		if err := ctx.Err(); err != nil {
			return 0, waitEnded(err, "the commit")
		}
		var err error
		if version, err = o.commitTo(ctx, ref, version, overlay.WriteSet(), u); err != nil {
			return 0, objectError(ref, err)
		}
	}
	if !overlay.Exists() {
		return 0, nil
	}
	return version, nil
}

// pause lets the one that came first go on: not at all at first, then for a random time that grows to 16 ms.
func pause(ctx context.Context, retry int) error {
	if retry == 0 {
		return nil
	}
	timer := time.NewTimer(rand.N(time.Millisecond << min(retry, 4)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return waitEnded(ctx.Err(), "a conflicting change")
	}
}

func conflictError(times int) *Error {
	return Errorf(syscall.EAGAIN, KindBusy, "other changes of the object came first, %d times", times)
}

// objectError is OpError of a failed snapshot or commit; it names a pool that does not exist.
func objectError(ref store.Ref, err error) *Error {
	if errors.Is(err, store.ErrNoPool) {
		err = fmt.Errorf("%w: %q", store.ErrNoPool, ref.Pool)
	}
	return OpError(err)
}
