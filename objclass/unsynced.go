// This file is commits that are made, and waited for later.

package objclass

import (
	"context"
	"errors"

	"github.com/objluad/objluad/store"
)

// Unsynced gathers the commits of one client's calls that are made and may not be durable yet. Whoever gives one with a Call keeps
// the reply back until Wait has returned nil; so a client that sends several calls at once waits for the disk once. The changes
// are visible, and kept in the order in which they were made. It is used by one goroutine at a time; the zero value is ready.
type Unsynced struct {
	waits  []func() error
	bytes  int64 // that these commits write
	failed error // of a wait that was not Wait's
}

// mostUnsynced bounds the bytes of the commits that are gathered: until they are waited for, the store has them in memory. With
// more of them there is little left to gain.
const mostUnsynced = 1 << 20

// Wait returns when all commits are durable, and forgets them. If it fails, some may be lost, and which is not known.
func (u *Unsynced) Wait() error {
	u.wait()
	err := u.failed
	u.failed = nil
	return err
}

func (u *Unsynced) wait() {
	for i, wait := range u.waits {
		u.failed = errors.Join(u.failed, wait())
		u.waits[i] = nil
	}
	u.waits, u.bytes = u.waits[:0], 0
}

// gather takes a commit that writes so many bytes. What it may have to wait for fails in Wait.
func (u *Unsynced) gather(wait func() error, bytes int64) {
	u.waits = append(u.waits, wait)
	if u.bytes += bytes; u.bytes >= mostUnsynced {
		u.wait()
	}
}

// commitTo commits ws durably, or gathers in u, unless that is nil, what is to be waited for.
func (o *objects) commitTo(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet, u *Unsynced) (uint64, error) {
	if u == nil || o.syncer == nil {
		return o.store.Commit(ctx, ref, expected, ws)
	}
	version, wait, err := o.syncer.CommitUnsynced(ctx, ref, expected, ws)
	if wait != nil {
		u.gather(wait, ws.Written())
	}
	return version, err
}

// settled returns err, the outcome of a change that committed nothing, when the state of the object that it tells of is durable, or
// when u is to wait for that: the commit of another call may be visible and under way.
func (o *objects) settled(ctx context.Context, ref store.Ref, err error, u *Unsynced) error {
	if o.syncer == nil {
		return err
	}
	wait, waitErr := o.syncer.Unsynced(ctx, ref)
	switch {
	case wait == nil:
	case u != nil:
		u.gather(wait, 0)
	default:
		waitErr = wait()
	}
	if err == nil && waitErr != nil {
		return OpError(waitErr)
	}
	return err
}
