// This file is the audit log: who was refused, who failed to log in, and who administered what. No credential is in it.

package access

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/objluad/objluad/server/wire"
)

// What strangers can bring about is bounded: so many lines at once, and so many in a second for long.
const (
	auditBurst = 100
	auditRate  = 10
)

// Audit writes the audit log of one listener. It is safe for concurrent use.
type Audit struct {
	Refusals *Refusals
	log      *slog.Logger
	denials  bucket
}

// Refusals counts what the audit logs of all listeners have had to do with.
type Refusals struct {
	Denied       atomic.Int64 // what users were refused
	LoginsFailed atomic.Int64
}

// NewAudit makes an audit log that counts in refused.
func NewAudit(log *slog.Logger, refused *Refusals) *Audit {
	return &Audit{Refusals: refused, log: log.With("audit", true)}
}

// Allowed is Allowed, of which it notes what a user is refused. What is refused to those who have not logged in is only
// counted: many clients ask first whether they have to.
func (a *Audit) Allowed(user *User, op *Operation, peer string) error {
	err := Allowed(user, op)
	if err != nil {
		a.Refusals.Denied.Add(1)
	}
	if err != nil && user != nil {
		a.Warn("denied", "user", userName(user), "peer", peer, "operation", op.Shown(), "on", op.On())
	}
	return err
}

// LoginFailed notes a login that failed. A name that is nobody's may be a password that somebody typed in the wrong place.
func (a *Audit) LoginFailed(users *Users, name, how, peer string, err error) {
	a.Refusals.LoginsFailed.Add(1)
	if !users.Has(name) {
		name = ""
	}
	a.Warn("login failed", "user", name, "peer", peer, "by", how, "err", err)
}

// Administered notes what was done to a class, a pool, a call or the store, or was tried in vain.
func (a *Audit) Administered(user *User, op *Operation, peer string, err error) {
	attrs := []any{"user", userName(user), "peer", peer, "operation", op.Shown(), "on", op.On()}
	if err != nil {
		e := wire.AsError(err)
		attrs = append(attrs, "errno", e.ErrnoName(), "err", wire.Printable(e.Message, wire.MaxMessage, false))
	}
	a.log.Info("administration", attrs...)
}

// Warn writes a line unless there are too many. The next one tells how many were left out.
func (a *Audit) Warn(event string, attrs ...any) {
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

// Administers reports whether an operation is one that the audit log has.
func Administers(op *Operation) bool {
	const administration = Class | Pool | Admin
	return op.Need != 0 && op.Need&^administration == 0
}

func userName(user *User) string {
	if user == nil {
		return ""
	}
	return user.Name
}
