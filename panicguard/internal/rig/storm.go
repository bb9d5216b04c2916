package rig

/*
#include "moments.h"
#include "storm.h"

static uint64_t of(const _Atomic uint64_t *counts, int i) { return atomic_load(&counts[i]); }

static rig_strikes strikes;
static void count(void) { rig_count_strikes(&strikes); }
static uint64_t meant(int moment) { return of(strikes.meant, moment); }
static uint64_t stray(int moment) { return of(strikes.stray, moment); }
static uint64_t collecting(void) { return atomic_load(&strikes.collecting); }
static void set_collecting(bool on) { atomic_store(&rig_collecting, on); }
*/
import "C"

import (
	"runtime"

	"github.com/objluad/objluad/panicguard"
)

// Moment is where in an activation a thread is.
type Moment int

const (
	Outside Moment = C.RIG_OUTSIDE
	Entry   Moment = C.RIG_ENTRY
	VM      Moment = C.RIG_VM
	HostRun Moment = C.RIG_HOST
	Nested  Moment = C.RIG_NESTED
	Exit    Moment = C.RIG_EXIT
	Restore Moment = C.RIG_RESTORE
)

var momentNames = map[Moment]string{
	Outside: "outside", Entry: "entry", VM: "VM", HostRun: "host", Nested: "nested", Exit: "exit", Restore: "restore",
}

func (m Moment) String() string { return momentNames[m] }

// Moments are all there are, in the order in which a thread comes by.
var Moments = []Moment{Outside, Entry, VM, HostRun, Nested, Exit, Restore}

// CountStrikes has interrupts counted from now on. Call it once.
func CountStrikes() { C.count() }

// Meant returns how many of the watchdog's interrupts struck at that moment.
func Meant(m Moment) uint64 { return uint64(C.meant(C.int(m))) }

// Stray returns how often the interrupt signal, sent by somebody else, struck at that moment.
func Stray(m Moment) uint64 { return uint64(C.stray(C.int(m))) }

// MeantWhileCollecting returns how many of the watchdog's interrupts struck while Collect ran.
func MeantWhileCollecting() uint64 { return uint64(C.collecting()) }

// Collect collects Go's garbage.
func Collect() {
	C.set_collecting(true)
	runtime.GC()
	C.set_collecting(false)
}

// Wrong names what can be wrong after an activation, in the order of a Tally.
var Wrong = [C.RIG_WRONGS]string{
	C.RIG_WRONG_TRAP:   "a trap that nobody asked for, or none",
	C.RIG_WRONG_TIME:   "a deadline that had not passed",
	C.RIG_WRONG_ANSWER: "a wrong answer",
	C.RIG_WRONG_ARENA:  "an arena that is not its image",
	C.RIG_WRONG_MASK:   "a changed signal mask",
	C.RIG_WRONG_RECORD: "a thread's record that says that something runs",
	C.RIG_WRONG_ERRNO:  "errno changed under code that was interrupted",
	C.RIG_WRONG_HOST:   "host code in the VM region",
}

// Tally counts activations by their trap, and what was wrong after them.
type Tally struct {
	Ended, Nested [panicguard.Host + 1]uint64
	Wrong         [C.RIG_WRONGS]uint64
}

// Add adds other to t.
func (t *Tally) Add(other Tally) {
	for i := range t.Ended {
		t.Ended[i] += other.Ended[i]
		t.Nested[i] += other.Nested[i]
	}
	for i := range t.Wrong {
		t.Wrong[i] += other.Wrong[i]
	}
}

// Storm is a series of activations on one OS thread.
type Storm struct{ c *C.rig_storm }

// NewStorm makes a Storm; equal seeds give equal series. Free it.
func NewStorm(seed uint64) (Storm, error) {
	c, err := C.rig_storm_new(C.uint64_t(seed))
	if c == nil {
		return Storm{}, err
	}
	return Storm{c}, nil
}

// Run runs n activations. The caller holds its OS thread.
func (s Storm) Run(n int) { C.rig_storm_run(s.c, C.int(n)) }

func (s Storm) Tally() Tally {
	c := C.rig_storm_tally(s.c)
	var t Tally
	for i := range t.Ended {
		t.Ended[i], t.Nested[i] = uint64(c.ended[i]), uint64(c.nested[i])
	}
	for i := range t.Wrong {
		t.Wrong[i] = uint64(c.wrong[i])
	}
	return t
}

func (s Storm) Free() { C.rig_storm_free(s.c) }

// Pester does n things to random storms: cancels what they run, or sends their threads signals.
func Pester(seed uint64, n int) { C.rig_pester(C.uint64_t(seed), C.int(n)) }
