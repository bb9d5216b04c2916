// This file bounds how many calls are in the house.

package objclass

import (
	"context"
	"sync"
	"syscall"
)

// admission lets calls in.
//
// A call that is in may wait for an object's lock, run, or commit. It holds an execution only while the method runs: not
// while it waits for a lock, nor while it commits. So callers of one hot object cannot keep others from running, whoever
// holds a lock gets an execution in the end, and the number of cores does not bound how many commits share one sync.
type admission struct {
	mu sync.Mutex

	calls    int // that are in
	maxCalls int
	methods  callTable // of these, the method calls
	draining bool
	drained  chan struct{} // closed when draining and the last call left
}

var errDraining = Errorf(syscall.ESHUTDOWN, KindBusy, "the server is shutting down")

// newAdmission lets in as many calls as may run, and queue more.
func newAdmission(executions, queue int) *admission {
	return &admission{maxCalls: executions + queue, drained: make(chan struct{})}
}

// enter lets a call in; EBUSY when the house is full, ESHUTDOWN when it is being closed. The call must leave.
func (a *admission) enter() error { return a.enterCall(nil) }

// enterAnyway is enter for what ends trouble with a class: the house may be full because of it.
func (a *admission) enterAnyway() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.draining {
		return errDraining
	}
	a.calls++
	return nil
}

// enterCall is enter of a method call; e is nil for anything else.
func (a *admission) enterCall(e *callEntry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.draining:
		return errDraining
	case a.calls >= a.maxCalls:
		return Errorf(syscall.EBUSY, KindBusy, "the server has %d calls under way, which is its limit", a.maxCalls)
	case e != nil && a.overShare(e.call.Tenant):
		return Errorf(syscall.EBUSY, KindBusy, "the server has %d calls under way, and the rest of its places is for others", a.calls)
	}
	a.calls++
	if e != nil {
		a.methods.add(e)
	}
	return nil
}

// overShare reports whether a tenant has its share of the places. The calls are counted only where that can be.
func (a *admission) overShare(tenant string) bool {
	left := a.maxCalls - a.calls
	return overShare(a.calls, left) && overShare(a.methods.of(tenant), left)
}

func (a *admission) leave() { a.leaveCall(nil) }

func (a *admission) leaveCall(e *callEntry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls--
	if e != nil {
		a.methods.remove(e)
	}
	if a.draining && a.calls == 0 {
		close(a.drained)
	}
}

// drain refuses new calls, and waits until those that are in have left or ctx ends.
func (a *admission) drain(ctx context.Context) error {
	a.mu.Lock()
	if !a.draining {
		a.draining = true
		if a.calls == 0 {
			close(a.drained)
		}
	}
	a.mu.Unlock()
	select {
	case <-a.drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// count returns how many calls are in.
func (a *admission) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls
}

// methodCalls returns the method calls that are in, oldest first.
func (a *admission) methodCalls() []*callEntry {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.methods.all()
}

// methodCall returns the method call of that id, or nil.
func (a *admission) methodCall(id uint64) *callEntry {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.methods.find(id)
}
