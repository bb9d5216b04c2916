package panicguard_test

import (
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/panicguard"
	"github.com/objluad/objluad/panicguard/internal/rig"
)

// The main goroutine stays on the process's first thread, and runs there what a test asks of it.
func init() { runtime.LockOSThread() }

var forFirstThread = make(chan func())

func TestMain(m *testing.M) {
	crashIfAsked()
	if err := panicguard.Init(); err != nil {
		panic(err)
	}
	status := make(chan int)
	go func() { status <- m.Run() }()
	for {
		select {
		case f := <-forFirstThread:
			f()
		case s := <-status:
			os.Exit(s)
		}
	}
}

// onFirstThread runs f on the process's first thread.
func onFirstThread(f func()) {
	done := make(chan struct{})
	forFirstThread <- func() { f(); close(done) }
	<-done
}

const short = 20 * time.Millisecond

// newCall makes a Call for a body that must end in that trap. Only those that do not end by themselves have a budget: the others
// must, however slow the machine is.
func newCall(expected panicguard.Trap) rig.Call {
	if expected == panicguard.Deadline {
		return rig.NewCall(short, 0)
	}
	return rig.NewCall(0, 0)
}

// Each misdeed ends in its trap, and its thread is as it was: it hears signals, and runs the next body.
func TestTraps(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, tt := range []struct {
		name   string
		deed   rig.Deed
		wall   time.Duration
		trap   panicguard.Trap
		signal syscall.Signal
	}{
		{"return", rig.Return, time.Minute, panicguard.None, 0},
		{"return without budget", rig.Return, 0, panicguard.None, 0},
		{"spin to a safe point", rig.Spin, short, panicguard.Deadline, 0},
		{"spin without safe points", rig.SpinDeaf, short, panicguard.Deadline, 0},
		{"spin in host calls", rig.SpinHost, short, panicguard.Deadline, 0},
		{"deadline during a host call", rig.SleepHost, time.Millisecond, panicguard.Deadline, 0},
		{"deadline while a host call computes", rig.ComputeHost, time.Millisecond, panicguard.Deadline, 0},
		{"panic", rig.Panic, time.Minute, panicguard.Panic, 0},
		{"SIGSEGV", rig.SEGV, 0, panicguard.Fault, syscall.SIGSEGV},
		{"SIGBUS", rig.BUS, 0, panicguard.Fault, syscall.SIGBUS},
		{"SIGFPE", rig.FPE, 0, panicguard.Fault, syscall.SIGFPE},
		{"SIGILL", rig.ILL, 0, panicguard.Fault, syscall.SIGILL},
		{"SIGABRT", rig.Abort, 0, panicguard.Fault, syscall.SIGABRT},
		{"C stack overflow", rig.Overflow, 0, panicguard.Fault, syscall.SIGSEGV},
		{"nested spin under the outer budget", rig.NestSpin, short, panicguard.Deadline, 0},
		{"nested fault", rig.Chain, 0, panicguard.None, 0},
		{"fault in the interrupt", rig.FaultInInterrupt, short, panicguard.Fault, syscall.SIGSEGV},
	} {
		t.Run(tt.name, func(t *testing.T) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for range 3 {
				call := rig.NewCall(tt.wall, 0)
				defer call.Free()
				if trap := call.Run(tt.deed); trap != tt.trap {
					t.Fatalf("trap %d, want %d", trap, tt.trap)
				}
				if s := call.FaultSignal(); s != tt.signal {
					t.Errorf("fault signal %v, want %v", s, tt.signal)
				}
				if rig.IsDeaf() {
					t.Fatal("the thread blocks signals")
				}
			}
			if tt.trap == panicguard.Deadline {
				after := rig.NewCall(time.Minute, 0)
				defer after.Free()
				if trap := after.Run(rig.Return); trap != panicguard.None {
					t.Errorf("the next body: trap %d", trap)
				}
			}
		})
	}
}

func TestDeadlineIsAskedForFirst(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for deed, located := range map[rig.Deed]bool{rig.SpinDeaf: false, rig.ComputeHost: true} {
		call := rig.NewCall(time.Millisecond, 0)
		defer call.Free()
		call.Run(deed)
		if !located && rig.Asked() == 0 {
			t.Errorf("deed %d: the second stage came without the first", deed)
		}
		if rig.Located() != located {
			t.Errorf("deed %d: located is %v", deed, rig.Located())
		}
	}
}

// A body that waits uses wall time, and one that computes both.
func TestCPUBudget(t *testing.T) {
	waits := rig.NewCall(0, 10*time.Millisecond)
	defer waits.Free()
	if trap := waits.Run(rig.SleepHost); trap != panicguard.None {
		t.Errorf("a body that sleeps: trap %d", trap)
	}
	computes := rig.NewCall(0, 10*time.Millisecond)
	defer computes.Free()
	if trap := computes.Run(rig.Spin); trap != panicguard.Deadline {
		t.Errorf("a body that computes: trap %d", trap)
	}
	if computes.CPU() < 10*time.Millisecond || computes.CPU() > computes.Wall() {
		t.Errorf("used %v of CPU time in %v", computes.CPU(), computes.Wall())
	}
}

func TestCancel(t *testing.T) {
	for _, deed := range []rig.Deed{rig.Spin, rig.SpinDeaf, rig.SpinHost} {
		call := rig.NewCall(0, 0)
		defer call.Free()
		time.AfterFunc(5*time.Millisecond, call.Cancel)
		if trap := call.Run(deed); trap != panicguard.Canceled {
			t.Errorf("deed %d: trap %d", deed, trap)
		}
	}
	before := rig.NewCall(0, 0)
	defer before.Free()
	before.Cancel()
	if trap := before.Run(rig.SpinDeaf); trap != panicguard.Canceled {
		t.Errorf("canceled before: trap %d", trap)
	}
}

// A trap that is asked for while host code is in Go, again and again, strikes when the Go frames are gone.
func TestTrapsWaitForGo(t *testing.T) {
	call := rig.NewCall(time.Millisecond, 0)
	defer call.Free()
	var returned, deferred bool
	trap := call.RunGo(func() {
		defer func() { deferred = true }()
		for rig.Pending() == panicguard.None {
			runtime.Gosched()
		}
		for began := time.Now(); time.Since(began) < short; { // and it is asked for again, since the thread runs
		}
		returned = true
	})
	if trap != panicguard.Deadline || !returned || !deferred {
		t.Errorf("trap %d, returned %v, deferred %v", trap, returned, deferred)
	}
}

func TestSignalsFromOutsideAreIgnored(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	rig.StraySignals(100)
	call := rig.NewCall(time.Minute, 0)
	defer call.Free()
	if trap := call.Run(rig.Return); trap != panicguard.None {
		t.Errorf("trap %d", trap)
	}
}

// Where the kernel may queue no signal, because other processes of the user have used up the limit, bodies are ended as ever.
func TestNoSignalsCanBeQueued(t *testing.T) {
	const rlimitSigpending = 11
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(rlimitSigpending, &limit); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(rlimitSigpending, &limit)
	if err := syscall.Setrlimit(rlimitSigpending, &syscall.Rlimit{Cur: 0, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	for deed, want := range map[rig.Deed]panicguard.Trap{
		rig.Spin: panicguard.Deadline, rig.SpinDeaf: panicguard.Deadline, rig.Abort: panicguard.Fault,
	} {
		call := newCall(want)
		defer call.Free()
		if trap := call.Run(deed); trap != want {
			t.Errorf("deed %d: trap %d, want %d", deed, trap, want)
		}
	}
}

// Faults of Go code stay what they are.
func TestGoFaultsAreForwarded(t *testing.T) {
	defer func() {
		if _, ok := recover().(runtime.Error); !ok {
			t.Error("a nil dereference in Go is no longer a Go panic")
		}
	}()
	var p *int
	*p = 1
}

// Many threads, deadlines that pass at any moment, the garbage collector and a profiler's signals: each body ends
// as it must.
func TestHammer(t *testing.T) {
	stop := make(chan struct{})
	var background, workers sync.WaitGroup
	background.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	deeds := []rig.Deed{rig.Return, rig.Spin, rig.SpinDeaf, rig.SpinHost, rig.Panic, rig.SEGV, rig.Abort, rig.FPE}
	for worker := range 8 {
		workers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 0))
			for range 200 {
				deed := deeds[random.IntN(len(deeds))]
				wall := time.Duration(1 + random.IntN(int(2*time.Millisecond)))
				call := rig.NewCall(wall, 0)
				trap := call.Run(deed)
				call.Free()
				switch deed {
				case rig.Spin, rig.SpinDeaf, rig.SpinHost:
					if trap != panicguard.Deadline {
						t.Errorf("deed %d: trap %d", deed, trap)
					}
				case rig.Return:
					if trap != panicguard.None && trap != panicguard.Deadline {
						t.Errorf("deed %d: trap %d", deed, trap)
					}
				case rig.Panic:
					if trap != panicguard.Panic && trap != panicguard.Deadline {
						t.Errorf("deed %d: trap %d", deed, trap)
					}
				default:
					if trap != panicguard.Fault && trap != panicguard.Deadline {
						t.Errorf("deed %d: trap %d", deed, trap)
					}
				}
				if rig.IsDeaf() {
					t.Error("a thread blocks signals")
				}
			}
		})
	}
	workers.Wait()
	close(stop)
	background.Wait()
}

func BenchmarkActivation(b *testing.B) {
	call := rig.NewCall(time.Second, time.Second)
	defer call.Free()
	for b.Loop() {
		call.Run(rig.Return)
	}
}

// An idle watchdog sleeps.
func TestWatchdogSleepsWhenIdle(t *testing.T) {
	call := rig.NewCall(short, 0)
	defer call.Free()
	call.Run(rig.Return)
	time.Sleep(1500 * time.Millisecond) // it lingers for a second
	before := panicguard.WatchdogWakeups()
	time.Sleep(200 * time.Millisecond)
	if n := panicguard.WatchdogWakeups() - before; n > 1 {
		t.Errorf("woke %d times in 200 ms without a call", n)
	}
}
