// Package rig lets the guard's tests, which cannot contain C themselves, run misbehaving C code in activations and use
// arenas.
package rig

/*
#cgo CFLAGS: -std=gnu11 -O1 -fno-omit-frame-pointer -I${SRCDIR}/../..

#include <stdlib.h>
#include "bodies.h"
*/
import "C"

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/objluad/objluad/panicguard"
)

// Deed is what a body does.
type Deed int

const (
	Return           Deed = C.RIG_RETURN
	Spin             Deed = C.RIG_SPIN
	SpinDeaf         Deed = C.RIG_SPIN_DEAF
	SpinHost         Deed = C.RIG_SPIN_HOST
	SleepHost        Deed = C.RIG_SLEEP_HOST
	ComputeHost      Deed = C.RIG_COMPUTE_HOST
	Panic            Deed = C.RIG_PANIC
	SEGV             Deed = C.RIG_SEGV
	BUS              Deed = C.RIG_BUS
	FPE              Deed = C.RIG_FPE
	ILL              Deed = C.RIG_ILL
	Abort            Deed = C.RIG_ABORT
	Overflow         Deed = C.RIG_OVERFLOW
	NestSpin         Deed = C.RIG_NEST_SPIN
	FaultInInterrupt Deed = C.RIG_FAULT_IN_INTERRUPT
	Chain            Deed = C.RIG_CHAIN
	HostSEGV         Deed = C.RIG_HOST_SEGV
	HostBUS          Deed = C.RIG_HOST_BUS
	HostFPE          Deed = C.RIG_HOST_FPE
	HostILL          Deed = C.RIG_HOST_ILL
	HostAbort        Deed = C.RIG_HOST_ABORT
)

var ids atomic.Uint64

// Call is one activation.
type Call struct{ c *C.pg_call }

// NewCall makes a Call with budgets; 0 is none. Free it.
func NewCall(wall, cpu time.Duration) Call {
	c := (*C.pg_call)(C.calloc(1, C.sizeof_pg_call))
	c.id = C.uint64_t(ids.Add(1))
	c.wall_ns = C.int64_t(wall)
	c.cpu_ns = C.int64_t(cpu)
	return Call{c}
}

func (c Call) Free() { C.free(unsafe.Pointer(c.c)) }

// Run runs a body that does deed. The caller holds its OS thread if it looks at Asked or Located.
func (c Call) Run(deed Deed) panicguard.Trap {
	return panicguard.Trap(C.rig_run(c.c, C.rig_deed(deed)))
}

func (c Call) Cancel()                     { C.pg_cancel(c.c) }
func (c Call) FaultSignal() syscall.Signal { return syscall.Signal(c.c.fault_signal) }
func (c Call) Wall() time.Duration         { return time.Duration(c.c.wall_used) }
func (c Call) CPU() time.Duration          { return time.Duration(c.c.cpu_used) }

// Asked returns how often the interrupt function of this thread's last body was called.
func Asked() int { return int(C.rig_asked()) }

// Located reports whether the locate function of this thread's last body was called.
func Located() bool { return bool(C.rig_located()) }

// IsDeaf reports whether this thread blocks any signal.
func IsDeaf() bool { return bool(C.rig_is_deaf()) }

// StraySignals sends the guard's interrupt signal to this thread, as another process would.
func StraySignals(n int) { C.rig_stray_signals(C.int(n)) }

// Arena is a pg_arena.
type Arena struct{ c *C.pg_arena }

// NewArena makes an arena of size bytes. Free it.
func NewArena(size int) (Arena, error) {
	c, err := C.pg_arena_new(C.size_t(size))
	if c == nil {
		return Arena{}, err
	}
	return Arena{c}, nil
}

func (a Arena) Free() { C.pg_arena_free(a.c) }

// Realloc is pg_arena_realloc.
func (a Arena) Realloc(p unsafe.Pointer, from, to int) unsafe.Pointer {
	return C.pg_arena_realloc(a.c, p, C.size_t(from), C.size_t(to))
}

func (a Arena) Seal() bool       { return C.pg_arena_seal(a.c) == 0 }
func (a Arena) Restore()         { C.pg_arena_restore(a.c) }
func (a Arena) IsPristine() bool { return bool(C.pg_arena_is_pristine(a.c)) }
func (a Arena) Exhausted() bool  { return bool(C.pg_arena_exhausted(a.c)) }
func (a Arena) Live() int        { return int(C.pg_arena_live(a.c)) }
func (a Arena) Peak() int        { return int(C.pg_arena_peak(a.c)) }
func (a Arena) ImageSize() int   { return int(C.pg_arena_image_size(a.c)) }
func (a Arena) IdleSize() int    { return int(C.pg_arena_idle_size(a.c)) }

// Offset returns where in the arena p lies.
func (a Arena) Offset(p unsafe.Pointer) int { return int(C.pg_arena_offset(a.c, p)) }
