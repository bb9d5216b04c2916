package panicguard

/*
#cgo CFLAGS: -std=gnu11 -O2 -fno-omit-frame-pointer -U_FORTIFY_SOURCE
#cgo LDFLAGS: -pthread -Wl,-z,now

#include "panicguard.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
)

// Trap is how the guard ended a body; its values are those of pg_trap.
type Trap int

const (
	None     Trap = C.PG_NONE
	Panic    Trap = C.PG_PANIC
	Deadline Trap = C.PG_DEADLINE
	Canceled Trap = C.PG_CANCELED
	Memory   Trap = C.PG_MEMORY
	Fault    Trap = C.PG_FAULT
	Host     Trap = C.PG_HOST
)

// ErrLazyBinding is returned by Init when the program was linked to bind symbols at their first use: a jump out of the
// dynamic loader would leave it half-way through a lookup.
var ErrLazyBinding = errors.New("the program binds symbols lazily; link it with -Wl,-z,now")

// Init prepares the process: it installs the signal handlers over those of the Go runtime, to which they forward what is
// not theirs, and starts the watchdog thread. It does so once; later calls return the first one's result.
//
// After it, the program must not ask os/signal for SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT or SIGSTKFLT, nor for all
// signals: the Go runtime would put its handlers over the guard's.
var Init = sync.OnceValue(func() error {
	switch err := syscall.Errno(C.pg_init()); err {
	case 0:
		return nil
	case syscall.ENOEXEC:
		return ErrLazyBinding
	default:
		return fmt.Errorf("cannot start the guard: %w", err)
	}
})

// WatchdogWakeups returns how often the watchdog thread woke since the start.
func WatchdogWakeups() uint64 { return uint64(C.pg_watchdog_wakeups()) }
