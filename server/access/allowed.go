// This file is the decision: whether a user may do something.

package access

import (
	"syscall"

	"github.com/objluad/objluad/objclass"
)

// User is somebody whom a daemon knows. It does not change. The nil User is somebody who has not logged in.
type User struct {
	Name string
	Caps Caps
	// How the user may prove who it is.
	password     *passwordHash // nil when it has none
	tokens       []Token
	certificates []string // subjects
}

// Everybody is who uses a daemon that has no users, and may do all.
var Everybody = &User{Caps: Caps{[]grant{{set: all}}}}

// Allowed returns nil when the user may do the operation. The error of one who has not logged in is EACCES, that of one who was not
// given what the operation needs is EPERM; both are of KindAuth.
func Allowed(u *User, op *Operation) error {
	switch {
	case op.Need&Open != 0:
		return nil
	case u == nil:
		return ErrNoLogin
	case op.Need&Login != 0, op.Owner != "" && op.Owner == u.Name:
		return nil
	case u.Caps.cover(op, op.Need) && (op.And == 0 || u.Caps.cover(&Operation{Pool: op.Pool, Namespace: op.Namespace}, op.And)):
		return nil
	}
	return refusal(u, op)
}

// ErrNoLogin is returned to a client that has not logged in.
var ErrNoLogin = objclass.Errorf(syscall.EACCES, objclass.KindAuth, "log in first: this daemon has users")

func refusal(u *User, op *Operation) error {
	if op.Need == 0 {
		return objclass.Errorf(syscall.EPERM, objclass.KindAuth, "%s is in no capability, so nobody may use it", op.Shown())
	}
	on := op.On()
	if on != "" {
		on = " on " + on
	}
	return objclass.Errorf(syscall.EPERM, objclass.KindAuth, "user %s may not use %s%s: that takes the capability %q", u.Name, op.Shown(), on, op.needs())
}

// cover reports whether one of the grants gives one of the permissions on all that the operation concerns.
func (c Caps) cover(op *Operation, need Permission) bool {
	for i := range c.grants {
		if g := &c.grants[i]; g.set&need != 0 && g.covers(op) {
			return true
		}
	}
	return false
}

func (g *grant) covers(op *Operation) bool {
	for by := range limits {
		if p := g.limits[by]; p != nil && !p.covers(op.target(by)) {
			return false
		}
	}
	return true
}

// Sees reports whether the user has something to do with the operation: lists have only what their user may know of.
func Sees(u *User, op Operation) bool { return Allowed(u, &op) == nil }
