// This file decides which methods run, and which wait: long ones must not stand in the way of short ones.

package objclass

import (
	"container/list"
	"context"
	"sync"
	"syscall"
	"time"
)

// executions bounds how many methods run at once.
//
// Methods that are known to run long share a part of the places, so that however many of them are called, short ones find
// room; and while short ones come, long ones leave them one place more, which by default is a core. When a short and a long
// one wait, the short one goes first, unless no long one runs at all: neither kind starves the other. Of either kind each tenant
// gets its share, and of a tenant each group.
//
// A method that never ran may be endless, and counts as long. When its run was short after all, those of its kind that wait as
// long ones go to the short line. A method that was short until now may take long this time: who waits for a place looks at
// those who have one, and a method that has run for longRun no longer counts as a short one. It keeps its place, and a short
// one gets another, up to a bound that only a flood of such methods can reach, and up to half of that for one group, and three
// quarters for one tenant. After
// surelyLong it is remembered as long, and others of its kind that wait go to the long line.
type executions struct {
	mu sync.Mutex

	running     []*execution
	runningLong int       // of these, long ones
	lastShort   time.Time // when a short one began

	maxRunning int // places, if none turned long while it ran
	maxLong    int // of these, of long ones
	maxTurned  int // how many may run when some did
	maxLine    int // of long ones that wait; half of them of one group

	short  shares
	long   shares
	review *time.Timer // while some wait
}

// execution is a method that waits for a place or has one.
type execution struct {
	tenant string // who calls
	group  string // what: a class, as a rule
	pace   *pace
	long   bool

	turn      chan struct{} // closed when it is given a place; nil when it did not have to wait
	waiting   *list.Element // where it stands in line, nil while it does not
	began     time.Time     // when it got its place
	knownLong bool          // long, when it got its place
	where     int           // in running
}

const anExecution = "an execution"

// shortOnesCome is for how long after the begin of a short method more of them are expected.
const shortOnesCome = 100 * time.Millisecond

// turnedFactor times the places of long methods is how many may run when some turned long while they ran.
const turnedFactor = 8

// longPlaces is how many of the places long ones get.
func longPlaces(places int) int { return max(1, places/4) }

// newExecutions makes places for as many methods, and fewer of them for long ones.
func newExecutions(places, long, queue int) *executions {
	x := &executions{short: newShares(), long: newShares()}
	x.setPlaces(places, long, queue)
	return x
}

func (x *executions) setPlaces(places, long, queue int) {
	x.maxRunning = places
	x.maxLong = long
	x.maxTurned = turnedFactor * long
	x.maxLine = lineLimit(queue)
}

// start waits until e has a place: at most limit, and no longer than ctx lives; EBUSY when too many long ones wait already.
// Who got a place must stop.
func (x *executions) start(ctx context.Context, e *execution, limit time.Duration) error {
	x.mu.Lock()
	e.long, e.turn = !e.pace.short(), nil
	if x.short.len == 0 && (e.long && x.long.len == 0 && x.mayStartLong() || !e.long && x.mayStartShort(e)) {
		x.begin(e)
		x.mu.Unlock()
		return nil
	}
	if e.long {
		if err := x.roomInLine(e); err != nil {
			x.mu.Unlock()
			return err
		}
	}
	e.turn = make(chan struct{})
	x.join(e)
	x.turnLong(time.Now())
	x.dispatch()
	x.mu.Unlock()
	return x.wait(ctx, e, limit)
}

// roomInLine fails with EBUSY when e, a long one, may not wait, too.
func (x *executions) roomInLine(e *execution) error {
	ofTenant, ofGroup := x.long.waiting(e.tenant, e.group)
	if n := x.long.len; n >= x.maxLine || ofGroup >= (x.maxLine+1)/2 || overShare(ofTenant, x.maxLine-n) {
		return lineFull(n, anExecution)
	}
	return nil
}

func (x *executions) wait(ctx context.Context, e *execution, limit time.Duration) error {
	noteWait(ctx, anExecution)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var err error
	select {
	case <-e.turn:
		return nil
	case <-ctx.Done():
		err = waitEnded(ctx.Err(), anExecution)
	case <-timer.C:
		err = Errorf(syscall.ETIMEDOUT, KindBusy, "waited %v for %s", limit, anExecution)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if e.waiting == nil { // it got a place in the same moment
		return nil
	}
	x.leaveLine(e)
	return err
}

// stop gives e's place to those who wait.
func (x *executions) stop(e *execution) {
	x.mu.Lock()
	defer x.mu.Unlock()
	last := x.running[len(x.running)-1]
	x.running[e.where], last.where = last, e.where
	x.running[len(x.running)-1] = nil
	x.running = x.running[:len(x.running)-1]
	if e.long {
		x.runningLong--
	}
	if e.knownLong && e.pace.short() {
		x.forgive(e.group, e.pace)
	}
	x.dispatch()
}

// forgive has those of a kind that wait as long ones wait as short ones.
func (x *executions) forgive(group string, kind *pace) {
	for _, e := range x.long.of(group) {
		if e.pace == kind {
			x.leaveLine(e)
			e.long = false
			x.join(e)
		}
	}
}

// count returns how many methods run.
func (x *executions) count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.running)
}

func (x *executions) mayStartLong() bool {
	room := x.maxLong
	if room > 1 && time.Since(x.lastShort) < shortOnesCome {
		room--
	}
	return x.runningLong < room && len(x.running) < x.maxRunning
}

// mayStartShort: the places that are not for long ones are there even if more of those run.
func (x *executions) mayStartShort(e *execution) bool {
	if len(x.running) < x.maxRunning {
		return true
	}
	if short := len(x.running) - x.runningLong; short >= x.maxRunning-x.maxLong || len(x.running) >= x.maxTurned {
		return false
	}
	ofTenant, ofGroup := 0, 0
	for _, other := range x.running {
		if !other.long || other.knownLong || other.tenant != e.tenant {
			continue
		}
		ofTenant++
		if other.group == e.group {
			ofGroup++
		}
	}
	return ofGroup < x.maxTurned/2 && ofTenant < x.maxTurned*3/4
}

func (x *executions) begin(e *execution) {
	e.began, e.knownLong = time.Now(), e.long
	e.where = len(x.running)
	x.running = append(x.running, e)
	if e.long {
		x.runningLong++
	} else {
		x.lastShort = e.began
	}
}

func (x *executions) join(e *execution) { x.line(e).join(e) }

func (x *executions) leaveLine(e *execution) {
	x.line(e).leave(e)
	e.waiting = nil
}

func (x *executions) line(e *execution) *shares {
	if e.long {
		return &x.long
	}
	return &x.short
}

// dispatch gives away the places that there are.
func (x *executions) dispatch() {
	for {
		var next *execution
		switch {
		case x.long.len > 0 && x.mayStartLong() && (x.runningLong == 0 || x.short.len == 0):
			next = x.long.next(x.running, func(*execution) bool { return true })
		default:
			if next = x.nextShort(); next == nil {
				x.reviewLater()
				return
			}
		}
		x.line(next).serve(next)
		next.waiting = nil
		x.begin(next)
		close(next.turn)
	}
}

// nextShort returns who in the short line may start next, or nil. Those whose kind has turned long meanwhile go to the long line.
func (x *executions) nextShort() *execution {
	mayGo := func(e *execution) bool { return !e.pace.short() || x.mayStartShort(e) }
	for len(x.running) < x.maxTurned {
		e := x.short.next(x.running, mayGo)
		if e == nil || e.pace.short() {
			return e
		}
		x.leaveLine(e)
		e.long = true
		x.join(e)
	}
	return nil
}

// turnLong looks for methods that turned out to be long.
func (x *executions) turnLong(now time.Time) {
	for _, e := range x.running {
		ran := now.Sub(e.began)
		if !e.long && ran >= longRun {
			e.long = true
			x.runningLong++
		}
		if ran >= surelyLong && e.pace.short() {
			e.pace.turned(ran)
		}
	}
}

// reviewLater has the methods looked at again while some wait: short ones for those that turn long, long ones for the time in
// which no short one comes.
func (x *executions) reviewLater() {
	if x.short.len == 0 && x.long.len == 0 {
		return
	}
	wait := shortOnesCome
	for _, e := range x.running {
		if !e.long {
			wait = min(wait, longRun-time.Since(e.began))
		}
	}
	if x.review == nil {
		x.review = time.AfterFunc(wait, x.lookAgain)
	} else {
		x.review.Reset(wait)
	}
}

func (x *executions) lookAgain() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.turnLong(time.Now())
	x.dispatch()
}
