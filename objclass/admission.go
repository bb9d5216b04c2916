// This file bounds how many calls are in the house and how many methods run at once.

package objclass

import (
	"context"
	"sync"
	"syscall"
	"time"
)

// admission lets calls in and gives them executions.
//
// A call that is in may wait for an object's lock, run, or commit. It holds an execution only while the method runs: not
// while it waits for a lock, nor while it commits. So callers of one hot object cannot keep others from running, whoever
// holds a lock gets an execution in the end, and the number of cores does not bound how many commits share one sync.
//
// Methods that are known to run long share a part of the executions, so that however many of them are called, short ones
// find room. When a short and a long one wait, the short one goes first, unless no long one runs at all: neither kind
// starves the other.
type admission struct {
	mu sync.Mutex

	calls    int // that are in
	maxCalls int
	draining bool
	drained  chan struct{} // closed when draining and the last call left

	running     int // executions held
	maxRunning  int
	runningLong int // of these, by long methods
	maxLong     int
	short, long line
	maxLine     int // of long methods
}

const anExecution = "an execution"

// newAdmission bounds the executions, of which long methods get half: with two or more each kind has at least one. Beyond
// them, queue more calls may be in.
func newAdmission(executions, queue int) *admission {
	return &admission{
		maxCalls:   executions + queue,
		drained:    make(chan struct{}),
		maxRunning: executions,
		maxLong:    executions / 2,
		maxLine:    lineLimit(queue),
	}
}

// enter lets a call in; EBUSY when the house is full, ESHUTDOWN when it is being closed. The call must leave.
func (a *admission) enter() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.draining:
		return Errorf(syscall.ESHUTDOWN, KindBusy, "the server is shutting down")
	case a.calls == a.maxCalls:
		return Errorf(syscall.EBUSY, KindBusy, "the server has %d calls under way, which is its limit", a.maxCalls)
	}
	a.calls++
	return nil
}

func (a *admission) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls--
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

// start takes an execution for a method that runs long or not. It waits at most limit, and no longer than ctx lives; EBUSY
// when too many long ones wait already.
func (a *admission) start(ctx context.Context, long bool, limit time.Duration) error {
	a.mu.Lock()
	if a.running < a.maxRunning && (!long || a.runningLong < a.maxLong) {
		a.take(long)
		a.mu.Unlock()
		return nil
	}
	queue := &a.short
	if long {
		queue = &a.long
		if queue.len() >= a.maxLine {
			a.mu.Unlock()
			return lineFull(a.maxLine, anExecution)
		}
	}
	place := queue.join()
	a.mu.Unlock()
	return queue.wait(ctx, &a.mu, place, limit, anExecution)
}

func (a *admission) take(long bool) {
	a.running++
	if long {
		a.runningLong++
	}
}

// stop gives an execution back, and on to one that waits.
func (a *admission) stop(long bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running--
	if long {
		a.runningLong--
	}
	longTurn := a.runningLong == 0 || a.short.len() == 0 && a.runningLong < a.maxLong
	switch {
	case longTurn && a.long.next():
		a.take(true)
	case a.short.next():
		a.take(false)
	}
}

// load returns how many calls are in and how many executions are held.
func (a *admission) load() (calls, running int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls, a.running
}
