// This file is about the threads on which activations run: Go's, those of others, and those that end.

package panicguard_test

import (
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/panicguard"
	"github.com/objluad/objluad/panicguard/internal/rig"
)

// A thread that Go did not make has no signal stack, and may block every signal: bodies end on it as they do on Go's.
func TestForeignThreads(t *testing.T) {
	for deed, want := range map[rig.Deed]panicguard.Trap{
		rig.Return:   panicguard.None,
		rig.Spin:     panicguard.Deadline,
		rig.SpinDeaf: panicguard.Deadline,
		rig.SpinHost: panicguard.Deadline,
		rig.SEGV:     panicguard.Fault,
		rig.Abort:    panicguard.Fault,
		rig.Overflow: panicguard.Fault,
	} {
		for name, run := range map[string]func(rig.Call, rig.Deed) panicguard.Trap{
			"plain": rig.Call.RunOnThread, "deaf": rig.Call.RunOnDeafThread,
		} {
			call := newCall(want)
			defer call.Free()
			if trap := run(call, deed); trap != want {
				t.Errorf("deed %d on a %s thread: trap %d, want %d", deed, name, trap, want)
			}
		}
	}
}

// Threads end right behind an activation whose deadline is due. Nothing is sent to one that left, and nothing of it stays.
func TestThreadsThatEnd(t *testing.T) {
	if !alone(t) {
		return
	}
	foreign := func() {
		call := rig.NewCall(time.Microsecond, 0)
		defer call.Free()
		if trap := call.RunOnThread(rig.Return); trap != panicguard.None && trap != panicguard.Deadline {
			t.Errorf("trap %d", trap)
		}
	}
	ofGo := func() {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			runtime.LockOSThread() // and it ends with the goroutine
			call := rig.NewCall(time.Microsecond, 0)
			defer call.Free()
			if trap := call.Run(rig.Return); trap != panicguard.None && trap != panicguard.Deadline {
				t.Errorf("trap %d", trap)
			}
		}()
		<-ended
	}
	for name, one := range map[string]func(){"foreign": foreign, "of Go": ofGo} {
		many := func(n int) {
			var workers sync.WaitGroup
			for range 8 {
				workers.Go(func() {
					for range n {
						one()
					}
				})
			}
			workers.Wait()
		}
		many(10)
		registered := rig.Registered()
		many(250)
		// Go's runtime runs these goroutines, too, on threads that it keeps, of which it has a few. The others end in their time.
		limit := registered + runtime.NumCPU() + 8
		for end := time.Now().Add(time.Minute); rig.Registered() > limit && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		if n := rig.Registered(); n > limit {
			t.Errorf("%s: %d threads are registered, %d were before", name, n, registered)
		}
	}
}

// Its address may be mapped again for something else at once, so one of many must be free.
func TestSignalStacksEndWithTheirThreads(t *testing.T) {
	for range 50 {
		if !rig.LeavesSignalStack() {
			return
		}
	}
	t.Error("the signal stacks of threads that ended are still mapped")
}

// An activation does not end while an interrupt for it is on its way.
func TestLateInterruptIsAwaited(t *testing.T) {
	if !alone(t) {
		return
	}
	runtime.LockOSThread()
	if !rig.LateInterruptIsAwaited() {
		t.Error("the activation ended before its interrupt was delivered")
	}
}

// A first activation needs no descriptor: the server may have run out of them.
func TestNoDescriptors(t *testing.T) {
	if !alone(t) {
		return
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	onFirstThread(func() {
		call := rig.NewCall(short, 0)
		defer call.Free()
		if trap := call.Run(rig.Spin); trap != panicguard.Deadline {
			t.Errorf("trap %d", trap)
		}
	})
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
