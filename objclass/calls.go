// This file is what an operator sees of the calls that are in, and how one is killed.

package objclass

import (
	"strings"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// CallState says how far a call is.
type CallState uint8

const (
	callEnded            CallState = iota // no longer shown
	CallResolving                         // its class version is looked up
	CallWaitingLock                       // in line for the object's lock
	CallWaitingExecution                  // in line for an execution
	CallRunning                           // the method runs
	CallCommitting                        // what the method changed is committed: too late to kill it
	CallEnding                            // killed, and not over yet
)

var callStates = [...]string{"ended", "resolving", "waiting-lock", "waiting-execution", "running", "committing", "ending"}

// String returns the state in lower-case words, joined by hyphens.
func (s CallState) String() string { return callStates[s] }

// CallInfo describes a call that is in.
type CallInfo struct {
	ID     uint64 // rises from call to call, and never repeats in the life of the Service
	Class  string // as the call names it; "eval" for a script
	Script bool   // a script that was sent with the call
	Method string // of the class, or the script's handler, as the call names it; cut where it is overlong
	Ref    store.Ref
	Client string // as Call.Client
	User   string // as Call.User
	State  CallState
	Age    time.Duration // since Exec began
	Ran    time.Duration // in executions, all runs together
}

// callEntry is what others than a call's own goroutine see of it: its lifetime, and what does not change while it is in.
type callEntry struct {
	id         uint64
	prev, next *callEntry // guarded by the owner of the table
	began      time.Time
	call       Call
	life       lifetime // the context of all that the call does
}

// callTable has the calls that are in, in the order of their ids. Its owner's mutex guards it.
type callTable struct {
	first, last *callEntry
	lastID      uint64
}

func (t *callTable) add(e *callEntry) {
	t.lastID++
	e.id, e.prev = t.lastID, t.last
	if t.last != nil {
		t.last.next = e
	} else {
		t.first = e
	}
	t.last = e
}

func (t *callTable) remove(e *callEntry) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		t.first = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		t.last = e.prev
	}
	e.prev, e.next = nil, nil
}

// find returns the call of that id, or nil.
func (t *callTable) find(id uint64) *callEntry {
	for e := t.first; e != nil; e = e.next {
		if e.id == id {
			return e
		}
	}
	return nil
}

// of returns how many calls are in of a tenant.
func (t *callTable) of(tenant string) (n int) {
	for e := t.first; e != nil; e = e.next {
		if e.call.Tenant == tenant {
			n++
		}
	}
	return n
}

func (t *callTable) all() []*callEntry {
	var all []*callEntry
	for e := t.first; e != nil; e = e.next {
		all = append(all, e)
	}
	return all
}

// Calls describes the method calls that are in, oldest first. It needs no place in the house, however full it is.
func (s *Service) Calls() []CallInfo {
	all := s.admission.methodCalls()
	infos := make([]CallInfo, 0, len(all))
	now := time.Now()
	for _, e := range all {
		if info := e.info(now); info.State != callEnded {
			infos = append(infos, info)
		}
	}
	return infos
}

// CallUser returns as whom the client of the call of that id has logged in, or "" when no such call is in.
func (s *Service) CallUser(id uint64) string {
	if e := s.admission.methodCall(id); e != nil {
		return e.call.User
	}
	return ""
}

// Kill ends the call of that id, and returns without waiting for the end. A call that waits fails with ECANCELED of
// KindBusy, a method that runs with TrapCanceled; either has changed nothing. Killing it again is no error until it is gone.
//
// Kill fails with ENOENT when no such call is in, and with EINPROGRESS when it is too late because the call commits: a commit
// is not interrupted.
func (s *Service) Kill(id uint64) error {
	if e := s.admission.methodCall(id); e != nil {
		switch state, ok := e.life.kill(); {
		case ok:
			s.opts.Logger.Info("call killed", "id", id, "state", state, "client", e.call.Client)
			return nil
		case state == CallCommitting:
			return Errorf(syscall.EINPROGRESS, KindOp, "it is too late to kill call %d: it commits, which is not interrupted", id)
		}
	}
	return Errorf(syscall.ENOENT, KindOp, "no call %d is under way; it may have ended", id)
}

func (e *callEntry) info(now time.Time) CallInfo {
	p, killed := e.life.now()
	age := now.Sub(e.began)
	info := CallInfo{
		ID:     e.id,
		Class:  shorten(e.call.Class),
		Script: e.call.Script != nil,
		Method: shorten(e.call.Method),
		Ref:    e.call.Ref,
		Client: e.call.Client,
		User:   e.call.User,
		State:  p.state,
		Age:    age,
		Ran:    p.ran,
	}
	if info.Script {
		info.Class = scriptName
	}
	if p.state == CallRunning {
		info.Ran += max(age-p.began, 0)
	}
	if killed && p.state != callEnded {
		info.State = CallEnding
	}
	return info
}

// shorten bounds a name that a client chose and nobody has looked up yet.
func shorten(name string) string {
	const limit = 256
	if len(name) <= limit {
		return name
	}
	return strings.ToValidUTF8(name[:limit], "") + "…"
}
