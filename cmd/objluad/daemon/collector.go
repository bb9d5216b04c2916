// This file keeps Go's garbage collector from running all the time: the daemon's heap is small, since stores keep their caches
// beside it, and calls fill a heap of 4 MiB, at which the runtime begins, many times a second.

package daemon

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// heapRoom is how much is allocated between two collections at least. With more of it, calls hardly get cheaper.
const heapRoom = 64 << 20

// giveHeapRoom has the collector wait until heapRoom is filled, or as much as lives, whichever is more. GOGC of the environment
// takes precedence; GOMEMLIMIT holds in any case.
func giveHeapRoom() {
	if os.Getenv("GOGC") == "" {
		adjust := roomKeeper()
		adjust()
		afterCollections(adjust)
	}
}

// roomKeeper returns what sets the collector's percentage by what lives.
func roomKeeper() func() {
	const standard = 100
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := standard
	return func() {
		metrics.Read(live)
		percent := max(standard, int(heapRoom*100/max(live[0].Value.Uint64(), 1<<20)))
		if percent > set*9/8 || percent < set*7/8 || percent == standard && set != standard { // each change stops the world
			debug.SetGCPercent(percent)
			set = percent
		}
	}
}

// afterCollections has f called after each collection, by and by.
func afterCollections(f func()) {
	type garbage struct{ _ *byte } // with a pointer: others share their place
	runtime.AddCleanup(new(garbage), func(struct{}) {
		f()
		afterCollections(f)
	}, struct{}{})
}
