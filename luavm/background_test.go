//go:build lua54

package luavm

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/objluad/objluad/objclass"
)

// nice returns the calling thread's.
func nice(t *testing.T) int {
	p, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		t.Error(err)
	}
	return 20 - p // as the system call answers, which knows no negative results
}

func (b *background) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.idle)
}

func TestBackgroundGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b background
		before := nice(t)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				b.do(func() {
					if n := nice(t); n != niceness {
						t.Errorf("niceness is %d, want %d", n, niceness)
					}
				})
			})
		}
		all.Wait()
		b.do(func() {})
		synctest.Wait()
		if n := b.count(); n < 1 || n > 5 {
			t.Errorf("%d threads are idle", n)
		}
		if n := nice(t); n != before {
			t.Errorf("the niceness of others went from %d to %d", before, n)
		}
		time.Sleep(2 * threadIdle)
		if n := b.count(); n != 0 {
			t.Errorf("%d threads are kept for ever", n)
		}
	})
}

// A panic there is its caller's, who may recover, and costs no thread.
func TestPanicInTheBackground(t *testing.T) {
	var b background
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("recovered %v", p)
			}
		}()
		b.do(func() { panic("boom") })
	}()
	ran := false
	b.do(func() { ran = true })
	if !ran || b.count() != 1 {
		t.Errorf("ran %v, on %d threads", ran, b.count())
	}
}

func TestLongRunsGoToTheBackground(t *testing.T) {
	e := newEngine(t, Options{})
	object, _ := newObject(objclass.RD)
	for _, long := range []bool{false, true} {
		result, err := e.Run(context.Background(), &objclass.Invocation{
			Unit:   unitOf("c", "function f(i, o) o:append(i) return #i end objclass.register(f)", false),
			Method: "f", Input: []byte("in"), Object: object, Budget: testBudget, Long: long,
		})
		if err != nil || result.Ret != 2 || string(result.Output) != "in" {
			t.Errorf("long %v: got %+v, %v", long, result, err)
		}
		if got, want := e.background.count(), map[bool]int{true: 1}[long]; got != want {
			t.Errorf("long %v: %d threads, want %d", long, got, want)
		}
	}
	checkPristine(t, e)
}
