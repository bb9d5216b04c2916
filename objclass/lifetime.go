// This file is the context of a call: it ends with the caller's, or when the call is killed.

package objclass

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// lifetime is a call's context and how far the call is. It is a part of the call and costs no allocation before somebody
// waits for its end: most calls never wait.
//
// A call is killed unless it proceeded to commit or has ended. Both happen under one mutex, so one of them comes first. Who
// proceeds to commit looks at Err after that: so a call that was killed changes nothing, and one that commits was not
// killed.
type lifetime struct {
	context.Context // the caller's

	mu       sync.Mutex
	killed   atomic.Bool // set under mu
	progress progress
	onEnd    func() // of the Watch that there is; nil otherwise
	armed    *armed // nil until somebody waits
}

// progress is how far a call is.
type progress struct {
	state CallState
	began time.Duration // of the run under way, from the call's beginning
	ran   time.Duration // in runs before that
}

// armed is a context that ends with its lifetime.
type armed struct {
	context.Context
	cancel context.CancelCauseFunc
}

// errKilled is why the context of a killed call ended. To who asks for no more it is context.Canceled.
var errKilled error = killedError{}

type killedError struct{}

func (killedError) Error() string { return "killed by an operator" }
func (killedError) Unwrap() error { return context.Canceled }

func (l *lifetime) Done() <-chan struct{} { return l.arm().Done() }

func (l *lifetime) Err() error {
	if l.killed.Load() {
		return errKilled
	}
	return l.Context.Err()
}

// Value lets contexts that are derived from an armed lifetime find the one that ends them, as package context does with
// its own: each would need a goroutine otherwise.
func (l *lifetime) Value(key any) any {
	l.mu.Lock()
	a := l.armed
	l.mu.Unlock()
	if a != nil {
		return a.Value(key)
	}
	return l.Context.Value(key)
}

func (l *lifetime) arm() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.armed == nil {
		ctx, cancel := context.WithCancelCause(l.Context)
		l.armed = &armed{ctx, cancel}
		if l.killed.Load() {
			cancel(errKilled)
		}
	}
	return l.armed
}

// proceed goes on to the next state. A call that was killed finds out by Err.
func (l *lifetime) proceed(to progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress = to
}

// noteWait shows a call, if ctx is one's, to stand in line for what, theLock or anExecution. Who finds no line pays nothing.
func noteWait(ctx context.Context, what string) {
	if l, ok := ctx.(*lifetime); ok {
		l.waits(what)
	}
}

// waits notes that the call stands in line for what, theLock or anExecution.
func (l *lifetime) waits(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.state = CallWaitingLock
	if what == anExecution {
		l.progress.state = CallWaitingExecution
	}
}

// now returns how far the call is, and whether it was killed.
func (l *lifetime) now() (p progress, killed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.progress, l.killed.Load()
}

// kill ends the call, unless it is in a state from which it cannot be ended, which it returns. It does not wait for the end.
func (l *lifetime) kill() (state CallState, ok bool) {
	l.mu.Lock()
	switch state = l.progress.state; {
	case state == callEnded, state == CallCommitting && !l.killed.Load():
		l.mu.Unlock()
		return state, false
	case l.killed.Swap(true):
		l.mu.Unlock()
		return state, true
	}
	l.callOnEnd()
	a := l.armed
	l.mu.Unlock()
	if a != nil {
		a.cancel(errKilled)
	}
	return state, true
}

// finish ends the call, which fails if it was killed, and releases what waited for its end.
func (l *lifetime) finish() error {
	l.mu.Lock()
	l.progress.state = callEnded
	a, killed := l.armed, l.killed.Load()
	l.mu.Unlock()
	if a != nil {
		a.cancel(nil)
	}
	if killed {
		return waitEnded(errKilled, "the reply")
	}
	return nil
}
