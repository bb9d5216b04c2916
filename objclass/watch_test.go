package objclass

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// watched runs until its context ends, of which it is told by a Watch, or until it is let.
func watched(goOn <-chan struct{}) testMethod {
	return func(ctx context.Context, _ *Invocation) (int32, []byte, error) {
		ended := make(chan struct{})
		watch := WhenDone(ctx, func() { close(ended) })
		defer watch.Stop()
		select {
		case <-ended:
			return 0, nil, Errorf(syscall.ECANCELED, TrapCanceled, "canceled")
		case <-goOn:
			return 0, nil, nil
		}
	}
}

// Each way in which a run can be told of its end. One that has ended before is not told.
func TestWatchOfACall(t *testing.T) {
	for name, begin := range map[string]func() (ctx context.Context, end func(*house)){
		"caller": func() (context.Context, func(*house)) {
			caller := NewCaller()
			return caller, func(*house) { caller.Cancel() }
		},
		"plain context": func() (context.Context, func(*house)) {
			ctx, cancel := context.WithCancel(context.Background())
			return ctx, func(*house) { cancel() }
		},
		"kill": func() (context.Context, func(*house)) {
			return context.Background(), func(h *house) {
				for _, call := range h.Calls() {
					h.Kill(call.ID)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := begin()
				goOn := make(chan struct{}, 1)
				h := newHouse(t, Options{Executions: 4}, map[string]testMethod{"rd": watched(goOn)})
				goOn <- struct{}{}
				if _, err := h.call(ctx, "o", "rd"); err != nil {
					t.Error(err)
				}
				var wg sync.WaitGroup
				for range 2 { // of a Caller, only one is told directly
					wg.Go(func() {
						_, err := h.call(ctx, "o", "rd")
						wantError(t, err, syscall.ECANCELED, TrapCanceled, "canceled")
					})
				}
				synctest.Wait()
				if running := h.Stats().Running; running != 2 {
					t.Errorf("%d run, want 2", running)
				}
				end(h)
				wg.Wait()
				if ctx.Err() != nil {
					_, err := h.call(ctx, "o", "rd")
					wantError(t, err, syscall.ECANCELED, KindBusy, "canceled")
				}
			})
		})
	}
}

// A call that began to run in the moment in which its client went away is told, whichever came first.
func TestWatchAgainstTheEnd(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{"rd": watched(nil)})
	for range 500 {
		caller := NewCaller()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := h.call(caller, "o", "rd"); !errors.Is(err, syscall.ECANCELED) {
				t.Errorf("the call gave %v", err)
			}
		})
		wg.Go(caller.Cancel)
		wg.Wait()
	}
}

// The function is called when the context ends, or at once if it has. When Stop has returned, it has returned too, or is
// never called.
func TestWatchStops(t *testing.T) {
	for name, begin := range map[string]func() (ctx context.Context, end func()){
		"plain context": func() (context.Context, func()) { return context.WithCancel(context.Background()) },
		"killed call": func() (context.Context, func()) {
			l := &lifetime{Context: context.Background(), progress: progress{state: CallRunning}}
			return l, func() { l.kill() }
		},
		"call of a plain context": func() (context.Context, func()) {
			ctx, cancel := context.WithCancel(context.Background())
			return &lifetime{Context: ctx}, cancel
		},
		"call of a Caller": func() (context.Context, func()) {
			caller := NewCaller()
			return &lifetime{Context: caller}, caller.Cancel
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := begin()
				WhenDone(ctx, func() { t.Error("called after Stop") }).Stop()
				end()
				synctest.Wait()
				ended := make(chan struct{})
				watch := WhenDone(ctx, func() { close(ended) })
				<-ended
				watch.Stop()
			})
			ctx, end := begin()
			began, returned := make(chan struct{}), false
			watch := WhenDone(ctx, func() {
				close(began)
				time.Sleep(10 * time.Millisecond)
				returned = true
			})
			go end()
			<-began
			watch.Stop()
			if !returned {
				t.Error("Stop returned before the function")
			}
		})
	}
	WhenDone(context.Background(), nil).Stop() // it never ends
}

// A call leaves nothing behind in the context of its caller, which may live long, and what waits for the end of a call is
// told why it ended.
func TestLifetimeIsAContext(t *testing.T) {
	parent := &countingContext{Context: context.Background(), done: make(chan struct{})}
	l := &lifetime{Context: parent, progress: progress{state: CallRunning}}
	goroutines := runtime.NumGoroutine()
	derived, cancel := context.WithTimeout(l, time.Hour)
	defer cancel()
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("to wait for a call's end takes %d goroutines", n-goroutines)
	}
	if parent.waiting != 1 || l.Err() != nil || derived.Err() != nil {
		t.Errorf("%d wait for the caller's end; errors %v, %v", parent.waiting, l.Err(), derived.Err())
	}
	l.kill()
	<-derived.Done()
	if !errors.Is(l.Err(), context.Canceled) || l.Err() != errKilled || context.Cause(derived) != errKilled {
		t.Errorf("errors are %v and %v", l.Err(), context.Cause(derived))
	}
	if err := l.finish(); !errors.Is(err, syscall.ECANCELED) {
		t.Errorf("finish: %v", err)
	}
	if parent.waiting != 0 {
		t.Errorf("%d wait for the caller's end after the call's", parent.waiting)
	}

	other := &lifetime{Context: parent, progress: progress{state: CallRunning}}
	<-other.afterKill()
	if err := other.finish(); !errors.Is(err, syscall.ECANCELED) || parent.waiting != 0 {
		t.Errorf("finish: %v; %d wait for the caller's end", err, parent.waiting)
	}
	third := &lifetime{Context: parent, progress: progress{state: CallRunning}}
	third.Done()
	if err := third.finish(); err != nil || parent.waiting != 0 {
		t.Errorf("finish: %v; %d wait for the caller's end", err, parent.waiting)
	}
}

// afterKill is the channel of one who begins to wait when the call was killed already.
func (l *lifetime) afterKill() <-chan struct{} {
	l.kill()
	return l.Done()
}

// countingContext counts who waits for its end.
type countingContext struct {
	context.Context
	done    chan struct{}
	waiting int
}

func (c *countingContext) Done() <-chan struct{} { return c.done }

// AfterFunc is what package context calls.
func (c *countingContext) AfterFunc(func()) (stop func() bool) {
	c.waiting++
	return func() bool {
		c.waiting--
		return true
	}
}
