package daemon

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

var sink []byte

// collections returns how many there are while so many MiB of garbage are made.
func collections(mib int) uint32 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range mib << 4 {
		sink = make([]byte, 1<<20>>4)
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

func TestHeapHasRoom(t *testing.T) {
	t.Setenv("GOGC", "")
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	before := collections(1024)
	runtime.GC()
	roomKeeper()()
	if after := collections(1024); after*2 > before {
		t.Errorf("1 GiB of garbage was collected %d times, and %d times before", after, before)
	}
}

// A heap that is large has as much room as lives, and no more.
func TestLargeHeapHasTheUsualRoom(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	adjust := roomKeeper()
	adjust()
	large := make([]byte, 2*heapRoom)
	runtime.GC()
	adjust()
	if percent := debug.SetGCPercent(100); percent != 100 {
		t.Errorf("the collector's percentage is %d", percent)
	}
	runtime.KeepAlive(large)
}

func TestCollectionsAreFollowed(t *testing.T) {
	called := make(chan struct{}, 1000)
	afterCollections(func() { called <- struct{}{} })
	for range 3 {
		for seen := false; !seen; {
			runtime.GC()
			select {
			case <-called:
				seen = true
			case <-time.After(time.Millisecond): // it is followed by and by
			}
		}
	}
}
