// This file is the execution that calls keep which come right after each other.

package objclass

import "time"

// Batch is calls of one client that are there at once and run one after the other, as those of a pipeline. A short method that may
// not write keeps its execution for the next such call of the method, for a moment: on a busy server, to stand in line for each call
// takes longer than the call. Who gives a Batch with calls must call End when it does anything else that may wait. It is used by one
// goroutine at a time; the zero value is ready.
type Batch struct {
	More bool // a further call is there

	executions    *executions
	kept          *execution // nil: none
	class, method string     // that it was kept for
}

// longestKeep is for how long an execution is kept at most, from its beginning. It is much less than longRun: a kept execution must
// not be taken for a method that runs long.
const longestKeep = 500 * time.Microsecond

// End gives back what is kept.
func (b *Batch) End() {
	if b.kept != nil {
		b.executions.stop(b.kept)
		b.kept = nil
	}
}

// begin gives back what is kept, unless that is for such calls. One that is captured reads its object first.
func (b *Batch) begin(call *Call) {
	if call.Capture || b.class != call.Class || b.method != call.Method {
		b.End()
	}
}

// take takes the execution that was kept, if that is for such a method as e.
func (b *Batch) take(e *execution, now time.Time) *execution {
	kept := b.kept
	if kept.tenant != e.tenant || kept.pace != e.pace || !e.pace.short() || now.Sub(kept.began) >= longestKeep {
		return nil
	}
	b.kept = nil
	return kept
}

// enterExecution waits for an execution, and returns when that began.
func (x *exec) enterExecution() (time.Time, error) {
	if b := x.call.Batch; b != nil && b.kept != nil {
		now := time.Now()
		if x.at = b.take(&x.place, now); x.at != nil {
			return now, nil
		}
		b.End()
	}
	x.at = &x.place
	if err := x.executions.start(&x.life, x.at, x.opts.MaxWait); err != nil {
		return time.Time{}, err
	}
	if x.at.turn != nil { // it waited, and then for a processor
		return time.Now(), nil
	}
	return x.at.began, nil
}

// leaveExecution gives the execution back, unless the batch keeps it.
func (x *exec) leaveExecution() {
	b, had := x.call.Batch, x.ended.Sub(x.at.began)
	if b == nil || !b.More || x.flags&WR != 0 || x.objects.changer != nil || x.at.knownLong || had <= 0 || had >= longestKeep {
		x.executions.stop(x.at)
		return
	}
	b.executions, b.kept, b.class, b.method = x.executions, x.at, x.call.Class, x.call.Method
}
