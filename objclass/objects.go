// This file is the one way in which objects are read and changed: atomically, on one version.

package objclass

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// objects reads and changes objects of a store. Methods, direct operations and the class registry all go through view and
// change. Their errors are *Error.
type objects struct {
	store   store.Store
	limits  store.Limits
	retries int
	maxWait time.Duration
	locks   *lockTable
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
func (o *objects) view(ctx context.Context, ref store.Ref, fn func(*store.Overlay) error) (overlay *store.Overlay, err error) {
	snapshot, err := o.store.Snapshot(ctx, ref)
	if err != nil {
		return nil, objectError(ref, err)
	}
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
	return o.changeBy(ctx, ref, attempt, func(overlay *store.Overlay) (uint64, error) {
		return o.commit(ctx, ref, overlay)
	})
}

// changeBy is change with a commit of the caller's, which calls commit.
func (o *objects) changeBy(ctx context.Context, ref store.Ref, attempt func() (*store.Overlay, error),
	commit func(*store.Overlay) (uint64, error)) (version uint64, err error) {
	if err := o.locks.lock(ctx, ref, o.maxWait); err != nil {
		return 0, err
	}
	defer o.locks.unlock(ref)
	err = o.repeat(ctx, func() error {
		overlay, err := attempt()
		if err == nil {
			version, err = commit(overlay)
		}
		return err
	})
	return version, err
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

// commit commits what overlay changed. A canceled ctx prevents a commit that has not begun.
func (o *objects) commit(ctx context.Context, ref store.Ref, overlay *store.Overlay) (uint64, error) {
	version := overlay.Version()
	if overlay.Changed() {
		if err := ctx.Err(); err != nil {
			return 0, waitEnded(err, "the commit")
		}
		var err error
		if version, err = o.store.Commit(ctx, ref, version, overlay.WriteSet()); err != nil {
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
