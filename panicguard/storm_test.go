package panicguard_test

import (
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/objluad/objluad/panicguard/internal/rig"
)

// soaking is whether tests run in their long form.
var soaking = os.Getenv("SOAK") != ""

// Interrupts strike at every moment of an activation, while Go collects garbage, preempts goroutines and profiles itself.
// After each activation its trap is one that was asked for, the arena is its image, and the thread is as it was.
func TestSoakInterruptsAtEveryMoment(t *testing.T) {
	if !alone(t) {
		return
	}
	runs, enough := int64(10_000_000), func() bool { return false }
	if !soaking {
		end := time.Now().Add(5 * time.Second)
		enough = func() bool { return time.Now().After(end) }
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rig.CountStrikes()
	stop := disturb(t, seed)
	tally := storm(t, seed, runs, enough)
	stop()

	t.Logf("ended by trap: %d, nested: %d", tally.Ended, tally.Nested)
	for i, n := range tally.Wrong {
		if n > 0 {
			t.Errorf("%d times %s", n, rig.Wrong[i])
		}
	}
	checkStrikes(t)
}

// storm runs activations on a few threads, until there were that many or it is enough, and returns what came of them.
func storm(t *testing.T, seed uint64, runs int64, enough func() bool) (all rig.Tally) {
	const batch = 100
	var (
		workers sync.WaitGroup
		mu      sync.Mutex
		begun   atomic.Int64
	)
	for worker := range uint64(4) {
		workers.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			s, err := rig.NewStorm(seed + worker)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Free()
			for begun.Add(batch) <= runs && !enough() {
				s.Run(batch)
			}
			mu.Lock()
			defer mu.Unlock()
			all.Add(s.Tally())
		})
	}
	workers.Wait()
	return all
}

// disturb pesters the storms, and keeps Go's runtime busy, until the function that it returns is called.
func disturb(t *testing.T, seed uint64) (stop func()) {
	runtime.SetCPUProfileRate(1000) // that of a profile is 100; pprof complains on stderr, and goes on with this one
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Fatal(err)
	}
	var (
		stopped atomic.Bool
		others  sync.WaitGroup
	)
	repeat := func(pause time.Duration, what func()) {
		others.Go(func() {
			for !stopped.Load() {
				what()
				time.Sleep(pause)
			}
		})
	}
	repeat(50*time.Microsecond, func() { rig.Pester(seed, 20); seed++ })
	repeat(10*time.Millisecond, rig.Collect)
	for range 2 { // goroutines that only a signal preempts
		repeat(20*time.Millisecond, func() {
			for range 1_000_000 {
			}
		})
	}
	return func() {
		stopped.Store(true)
		others.Wait()
		pprof.StopCPUProfile()
	}
}

// checkStrikes fails if there was a moment at which no interrupt struck, or one that must have none.
func checkStrikes(t *testing.T) {
	for _, m := range rig.Moments {
		t.Logf("%-8s %9d interrupts, %9d strays", m, rig.Meant(m), rig.Stray(m))
		idle := m == rig.Outside || m == rig.Restore
		if idle && rig.Meant(m) > 0 {
			t.Errorf("%d interrupts struck %s", rig.Meant(m), m)
		}
		if soaking && (!idle && rig.Meant(m) == 0 || rig.Stray(m) == 0) {
			t.Errorf("%s: %d interrupts and %d strays", m, rig.Meant(m), rig.Stray(m))
		}
	}
	t.Logf("during collections: %d interrupts", rig.MeantWhileCollecting())
	if soaking && rig.MeantWhileCollecting() == 0 {
		t.Error("no interrupt struck during a collection")
	}
	// These are certain, however little time there was: some bodies end by an interrupt only.
	if rig.Meant(rig.VM) == 0 {
		t.Error("no interrupt struck VM code")
	}
}
