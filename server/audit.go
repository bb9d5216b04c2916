// This file is the audit log: who was refused, who failed to log in, and who administered what. No credential is in it.

package server

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/wire"
)

// What strangers can bring about is bounded: so many lines at once, and so many in a second for long.
const (
	auditBurst = 100
	auditRate  = 10
)

// audit writes the audit log of one listener. It is safe for concurrent use.
type audit struct {
	log     *slog.Logger
	refused *refusals
	denials bucket
}

// refusals counts, for all listeners together.
type refusals struct {
	denied       atomic.Int64 // what users were refused
	loginsFailed atomic.Int64
}

func newAudit(log *slog.Logger, refused *refusals) *audit {
	return &audit{log: log.With("audit", true), refused: refused}
}

// allowed is access.Allowed, of which it notes what a user is refused. What is refused to those who have not logged in is only
// counted: many clients ask first whether they have to.
func (a *audit) allowed(user *access.User, op *access.Operation, peer string) error {
	err := access.Allowed(user, op)
	if err != nil {
		a.refused.denied.Add(1)
	}
	if err != nil && user != nil {
		a.warn("denied", "user", userName(user), "peer", peer, "operation", op.Shown(), "on", op.On())
	}
	return err
}

// loginFailed notes a login that failed. A name that is nobody's may be a password that somebody typed in the wrong place.
func (a *audit) loginFailed(users *access.Users, name, how, peer string, err error) {
	a.refused.loginsFailed.Add(1)
	if !users.Has(name) {
		name = ""
	}
	a.warn("login failed", "user", name, "peer", peer, "by", how, "err", err)
}

// administered notes what was done to a class, a pool, a call or the store, or was tried in vain.
func (a *audit) administered(user *access.User, op *access.Operation, peer string, err error) {
	attrs := []any{"user", userName(user), "peer", peer, "operation", op.Shown(), "on", op.On()}
	if err != nil {
		e := wire.AsError(err)
		attrs = append(attrs, "errno", e.ErrnoName(), "err", wire.Printable(e.Message, wire.MaxMessage, false))
	}
	a.log.Info("administration", attrs...)
}

// warn writes a line unless there are too many. The next one tells how many were left out.
func (a *audit) warn(event string, attrs ...any) {
	ok, left := a.denials.take(time.Now())
	if !ok {
		return
	}
	if left > 0 {
		attrs = append(attrs, "left_out_before", left)
	}
	a.log.Log(context.Background(), slog.LevelWarn, event, attrs...)
}

// bucket bounds how often something is done: auditBurst times at once, and auditRate times in a second for long.
type bucket struct {
	mu    sync.Mutex
	spent float64
	last  time.Time
	left  int // out since the last one that was not
}

// take reports whether it may be done now, and if so, how often it was not since the last time.
func (b *bucket) take(now time.Time) (ok bool, left int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent = max(0, b.spent-now.Sub(b.last).Seconds()*auditRate)
	b.last = now
	if b.spent+1 > auditBurst {
		b.left++
		return false, 0
	}
	b.spent++
	left, b.left = b.left, 0
	return true, left
}

// administers reports whether an operation is one that the audit log has.
func administers(op *access.Operation) bool {
	const administration = access.Class | access.Pool | access.Admin
	return op.Need != 0 && op.Need&^administration == 0
}

func userName(user *access.User) string {
	if user == nil {
		return ""
	}
	return user.Name
}

// errNoUsers is the error of a login at a daemon that has no users.
var errNoUsers = objclass.Errorf(syscall.EPERM, objclass.KindAuth,
	"the server has no users, so there is nothing to log in to; connect without a password")
