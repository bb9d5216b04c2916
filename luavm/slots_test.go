//go:build lua54

// This file tests which slots an engine keeps, and what all of them take of the machine.

package luavm

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/objluad/objluad/objclass"
)

// idleSlots returns the idle slots, the least recently used first.
func idleSlots(e *Engine) []*slot {
	var idle []*slot
	for el := e.lru.Front(); el != nil; el = el.Next() {
		idle = append(idle, el.Value.(*slot))
	}
	return idle
}

// Random calls that begin, end and fault: a call gets the VM of its version that was used last, the least recently used go
// first, and the sums are what the VMs that exist add up to.
func TestSlotsRandom(t *testing.T) {
	units := make([]*objclass.Unit, 4)
	for i := range units {
		units[i] = unitOf("c.lua", fmt.Sprintf("big = ('x'):rep(%d << 10)", i*50), false)
	}
	rapid.Check(t, func(t *rapid.T) {
		e, err := New(Options{
			Arena:  1 << 20,
			Slots:  rapid.IntRange(1, 6).Draw(t, "slots"),
			Memory: int64(rapid.IntRange(1, 4).Draw(t, "MiB")) << 20,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		var idle, busy []*slot // as they should be
		shrink := func(room int) {
			for len(idle) > 0 && (len(idle)+len(busy)+room > e.opts.Slots || sizeOf(idle)+sizeOf(busy) > e.opts.Memory) {
				idle = idle[1:]
			}
		}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			switch step := rapid.SampledFrom([]string{"begin", "begin", "end", "end", "fault"}).Draw(t, "step"); {
			case step == "begin":
				unit := rapid.SampledFrom(units).Draw(t, "unit")
				want := -1
				for i, s := range idle {
					if s.unit.Version == unit.Version {
						want = i
					}
				}
				s := e.takeIdle(keyOf(unit))
				if want >= 0 {
					if s != idle[want] {
						t.Fatal("this is not the VM that was used last")
					}
					idle = slices.Delete(idle, want, want+1)
				} else {
					if s != nil {
						t.Fatal("there is a VM that should be gone")
					}
					shrink(1)
					if s, err = e.create(context.Background(), unit, objclass.Budget{}); err != nil {
						t.Fatal(err)
					}
				}
				busy = append(busy, s)
			case len(busy) == 0:
			case step == "end":
				i := rapid.IntRange(0, len(busy)-1).Draw(t, "which")
				s := busy[i]
				busy = slices.Delete(busy, i, i+1)
				if s.epoch == e.epoch {
					idle = append(idle, s)
				}
				shrink(0)
				e.giveBack(s)
			case step == "fault":
				e.distrust()
				e.destroy(busy[0])
				idle, busy = nil, busy[1:]
			}
			if got := idleSlots(e); !slices.Equal(got, idle) {
				t.Fatalf("%d VMs idle, there should be %d, or others", len(got), len(idle))
			}
			checkSums(t, e, idle, busy)
		}
		for _, s := range busy {
			e.giveBack(s)
		}
	})
}

func sizeOf(slots []*slot) (sum int64) {
	for _, s := range slots {
		sum += s.holds()
	}
	return sum
}

func checkSums(t *rapid.T, e *Engine, idle, busy []*slot) {
	if got, want := e.held, sizeOf(idle)+sizeOf(busy); got != want {
		t.Fatalf("the engine counts %d bytes, its VMs hold %d", got, want)
	}
	stats := e.Stats()
	if stats.Slots != len(idle)+len(busy) || stats.Busy != len(busy) || stats.Created-stats.Destroyed != uint64(stats.Slots) {
		t.Fatalf("%+v with %d idle and %d busy VMs", stats, len(idle), len(busy))
	}
	if stats.Slots > max(e.opts.Slots, stats.Busy) {
		t.Fatalf("%d VMs, %d busy, the bound is %d", stats.Slots, stats.Busy, e.opts.Slots)
	}
	found := 0
	for key, elements := range e.idle {
		found += len(elements)
		if len(elements) == 0 && !slices.ContainsFunc(busy, func(s *slot) bool { return keyOf(&s.unit) == key }) {
			t.Fatal("the engine remembers a unit of which it has no VM")
		}
	}
	if found != len(idle) {
		t.Fatalf("%d VMs can be found by their units, %d idle", found, len(idle))
	}
}

// What the rest of the process may take meanwhile: Go's heap and threads, and what malloc keeps.
const (
	addressSlack  = 1 << 30
	residentSlack = 48 << 20
	mappingsSlack = 500
)

// mappingsPerSlot: the arena, its bitmap, three guards of which the neighbour's merge with it, and the image's copy.
const mappingsPerSlot = 6

func checkBounds(t *testing.T, e *Engine, before footprint) {
	t.Helper()
	now, slots := measure(t), e.Stats().Slots
	t.Logf("%d VMs: %d MiB of address space, %d MiB resident, %d mappings; the engine counts %d MiB",
		slots, now.address>>20, now.resident>>20, now.mappings, e.held>>20)
	if slots > e.opts.Slots {
		t.Errorf("%d VMs, the bound is %d", slots, e.opts.Slots)
	}
	each := int64(e.opts.Arena + e.opts.Arena/100 + maxImage)
	if got, most := now.address-before.address, int64(e.opts.Slots)*each+addressSlack; got > most {
		t.Errorf("%d bytes more of address space, the bound is %d", got, most)
	}
	if e.held > e.opts.Memory {
		t.Errorf("the engine counts %d bytes, its bound is %d", e.held, e.opts.Memory)
	}
	if got, most := now.resident-before.resident, e.held+residentSlack; got > most {
		t.Errorf("%d bytes more are resident, the bound is %d", got, most)
	}
	if got, most := now.mappings-before.mappings, e.opts.Slots*mappingsPerSlot+mappingsSlack; got > most {
		t.Errorf("%d mappings more, the bound is %d", got, most)
	}
}

// However many classes are called in turn, and however much of their arenas they use, the engine takes no more of the machine
// than its options say.
func TestEngineIsBounded(t *testing.T) {
	call := func(t *testing.T, e *Engine, source string) {
		object, _ := newObject(objclass.RD)
		_, err := e.Run(context.Background(), &objclass.Invocation{
			Unit: unitOf("c.lua", source, false), Method: "f", Object: object, Budget: objclass.Budget{Wall: time.Minute},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Run("10000 classes", func(t *testing.T) {
		before, e := measure(t), newEngine(t, Options{})
		for i := range 10_000 {
			call(t, e, fmt.Sprintf("function f() return %d end objclass.register(f)", i))
		}
		checkBounds(t, e, before)
		if len(e.idle) > e.opts.Slots {
			t.Errorf("the engine remembers %d versions", len(e.idle))
		}
	})
	t.Run("used arenas", func(t *testing.T) {
		before, e := measure(t), newEngine(t, Options{Slots: 64})
		for i := range 64 {
			call(t, e, fmt.Sprintf("function f() local s = ('x'):rep(4 << 20) .. 'y' return %d end objclass.register(f)", i))
		}
		checkBounds(t, e, before)
	})
	t.Run("large images", func(t *testing.T) {
		before, e := measure(t), newEngine(t, Options{Memory: 64 << 20})
		for i := range 100 {
			call(t, e, fmt.Sprintf("big = ('x'):rep(%d) function f() return %d end objclass.register(f)", 900_000+i*1111, i)) // building the string leaves as much free below it
		}
		checkBounds(t, e, before)
	})
	t.Run("long sources", func(t *testing.T) {
		before, e := measure(t), newEngine(t, Options{})
		for i := range 200 {
			call(t, e, fmt.Sprintf("--%s\nfunction f() return %d end objclass.register(f)", strings.Repeat("x", 1<<20), i))
		}
		checkBounds(t, e, before)
	})
}

// A fault while a class is loaded has every VM made anew, too.
func TestFaultWhileLoading(t *testing.T) {
	e := newEngine(t, Options{})
	if _, err := runScript(t, e, "x = 1", "", ""); err != nil {
		t.Fatal(err)
	}
	type begun struct {
		thread int
		cpu    time.Duration
	}
	began := make(chan begun)
	ended := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		began <- begun{unix.Gettid(), cpuOf(t, unix.Gettid())}
		_, err := e.Load(context.Background(), unitOf("c.lua", "while true do end", false), objclass.Budget{Wall: time.Minute})
		ended <- err
	}()
	// Once it has used so much of the CPU it is in the loop: making a VM takes less than a thousandth of that.
	loop := <-began
	for cpuOf(t, loop.thread)-loop.cpu < 500*time.Millisecond {
		time.Sleep(10 * time.Millisecond)
	}
	if err := unix.Tgkill(os.Getpid(), loop.thread, unix.SIGABRT); err != nil {
		t.Fatal(err)
	}
	if got := asError(t, <-ended); got.Kind != objclass.TrapFault {
		t.Errorf("got %s %q", got.Kind, got.Message)
	}
	if stats := e.Stats(); stats.Slots != 0 || e.held != 0 || e.epoch != 1 {
		t.Errorf("after a fault %+v, epoch %d", stats, e.epoch)
	}
}

// cpuOf returns the CPU time that a thread has used, in steps of 10 ms, or 0 if the kernel does not tell.
func cpuOf(t *testing.T, id int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/stat", id))
	if err != nil {
		t.Error(err)
		return 0
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	user, err := strconv.Atoi(strings.Fields(after)[11])
	if err != nil {
		t.Error(err)
	}
	return time.Duration(user) * 10 * time.Millisecond
}
