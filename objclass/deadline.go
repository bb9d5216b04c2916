// This file is a context with a deadline that costs nothing until somebody waits for it.

package objclass

import (
	"context"
	"sync"
	"time"
)

// lazyDeadline is what context.WithDeadline returns, but starts no timer before Done is asked for: most runs end in
// microseconds on a store that never waits. end must be called.
type lazyDeadline struct {
	context.Context // the parent
	at              time.Time

	mu     sync.Mutex
	armed  context.Context // nil until needed
	cancel context.CancelFunc
}

func (d *lazyDeadline) Deadline() (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at, ok := d.Context.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

func (d *lazyDeadline) Done() <-chan struct{} { return d.arm().Done() }

func (d *lazyDeadline) Err() error {
	d.mu.Lock()
	armed, at := d.armed, d.at
	d.mu.Unlock()
	if armed == nil {
		if time.Now().Before(at) {
			return d.Context.Err()
		}
		armed = d.arm()
	}
	return armed.Err()
}

func (d *lazyDeadline) arm() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed == nil {
		d.armed, d.cancel = context.WithDeadline(d.Context, d.at)
	}
	return d.armed
}

// restart sets another deadline, for what begins to wait from now on. Nobody may wait meanwhile.
func (d *lazyDeadline) restart(at time.Time) {
	d.end()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at, d.armed, d.cancel = at, nil, nil
}

// end releases the timer, if there is one.
func (d *lazyDeadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cancel != nil {
		d.cancel()
	}
}
