// This file is the line in which calls wait for something that is handed from one call to the next.

package objclass

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"syscall"
	"time"
)

// line is a first-come line of goroutines. Its owner's mutex guards it.
type line struct{ waiters list.List }

// lineLimit is how long one line may get where queue calls may wait in all: whatever they wait for, a place is left to
// calls that wait for something else.
func lineLimit(queue int) int { return queue - queue/8 }

// ticket is a place in a line; its channel is closed when its turn comes.
type ticket struct{ place *list.Element }

func (t ticket) turn() chan struct{} { return t.place.Value.(chan struct{}) }

func (l *line) join() ticket { return ticket{l.waiters.PushBack(make(chan struct{}))} }

func (l *line) len() int { return l.waiters.Len() }

// next hands over to the first in line and reports whether there was one.
func (l *line) next() bool {
	first := l.waiters.Front()
	if first == nil {
		return false
	}
	close(l.waiters.Remove(first).(chan struct{}))
	return true
}

// wait blocks until t's turn, and returns nil; or until ctx ends or limit has passed, and leaves the line. mu is the owner's
// mutex, which the caller does not hold.
func (l *line) wait(ctx context.Context, mu *sync.Mutex, t ticket, limit time.Duration, what string) error {
	noteWait(ctx, what)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var err error
	select {
	case <-t.turn():
		return nil
	case <-ctx.Done():
		err = waitEnded(ctx.Err(), what)
	case <-timer.C:
		err = Errorf(syscall.ETIMEDOUT, KindBusy, "waited %v for %s", limit, what)
	}
	mu.Lock()
	defer mu.Unlock()
	select {
	case <-t.turn(): // handed over in the same moment: it must not be lost
		return nil
	default:
		l.waiters.Remove(t.place)
		return err
	}
}

// lineFull is the error of a call for which there is no place in line.
func lineFull(n int, what string) error {
	return Errorf(syscall.EBUSY, KindBusy, "%d calls wait for %s already", n, what)
}

// waitEnded is the error of a call whose context ended before it ran. No script was involved, so it is no trap.
func waitEnded(err error, what string) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return Errorf(syscall.ETIMEDOUT, KindBusy, "the deadline passed while waiting for %s: %w", what, err)
	}
	return Errorf(syscall.ECANCELED, KindBusy, "canceled while waiting for %s: %w", what, err)
}
