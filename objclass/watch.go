// This file is how a run is told of the end of its context. context.AfterFunc costs more than a short method takes.

package objclass

import (
	"context"
	"sync"
)

// Watch waits for the end of a context. An engine ends a run by it.
type Watch struct {
	life   *lifetime // nil when the context is no call's
	caller *Caller   // that tells life; nil when stop does
	stop   func() bool
	called <-chan struct{} // closed when a function that waited on no call's context has returned
}

// WhenDone has f called once when ctx ends, at once if it has ended. f must not block, nor use ctx. For the context that
// Engine.Run is given, of which there is one Watch at a time, this is cheap.
func WhenDone(ctx context.Context, f func()) Watch {
	if l, ok := ctx.(*lifetime); ok {
		return l.whenDone(f)
	}
	if ctx.Done() == nil {
		return Watch{}
	}
	called := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		f()
		close(called)
	})
	return Watch{stop: stop, called: called}
}

// Stop ends the watch. When it returns, the function has returned or will not be called.
func (w Watch) Stop() {
	if w.caller != nil {
		w.caller.forget()
	}
	stopped := w.stop == nil || w.stop()
	switch {
	case w.life != nil:
		w.life.mu.Lock()
		w.life.onEnd = nil
		w.life.mu.Unlock()
	case !stopped:
		<-w.called
	}
}

func (l *lifetime) whenDone(f func()) Watch {
	l.mu.Lock()
	l.onEnd = f
	if l.killed.Load() {
		l.callOnEnd()
	}
	l.mu.Unlock()
	w := Watch{life: l}
	if caller, ok := l.Context.(*Caller); ok && caller.tell(l) {
		w.caller = caller
	} else if l.Context.Done() != nil {
		w.stop = context.AfterFunc(l.Context, l.callerEnded)
	}
	return w
}

// callOnEnd calls what waits for the end, under mu: so Stop waits for it.
func (l *lifetime) callOnEnd() {
	if l.onEnd != nil {
		l.onEnd()
		l.onEnd = nil
	}
}

// callerEnded is called after the caller's context ended. There may be no Watch any more.
func (l *lifetime) callerEnded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.callOnEnd()
}

// Caller is a context for the calls of one client, which Cancel ends. Any context does; this one costs least for calls that
// come one after the other. Its methods are safe for concurrent use.
type Caller struct {
	context.Context
	cancel context.CancelFunc

	mu   sync.Mutex
	life *lifetime // of the call that runs, or one of those; nil otherwise
}

// NewCaller returns a Caller that has not ended. Cancel must be called in the end.
func NewCaller() *Caller {
	ctx, cancel := context.WithCancel(context.Background())
	return &Caller{Context: ctx, cancel: cancel}
}

// Cancel ends the context, and so the calls that are made with it. It does not wait for their end.
func (c *Caller) Cancel() {
	c.cancel() // first: a call that begins to run now sees it, or is seen below
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.life != nil {
		c.life.callerEnded()
	}
}

// tell has l told of the end, until forget is called. It cannot when another call is told already.
func (c *Caller) tell(l *lifetime) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.life != nil {
		return false
	}
	c.life = l
	if c.Err() != nil {
		l.callerEnded()
	}
	return true
}

func (c *Caller) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.life = nil
}
