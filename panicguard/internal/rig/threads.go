package rig

/*
#include "late.h"
#include "threads.h"
*/
import "C"

import "github.com/objluad/objluad/panicguard"

// RunOnThread is Run on a new thread that Go did not make, and that ends after it.
func (c Call) RunOnThread(deed Deed) panicguard.Trap {
	return panicguard.Trap(C.rig_run_on_thread(c.c, C.rig_deed(deed)))
}

// RunOnDeafThread is RunOnThread where the thread blocks every signal, as those of many daemons do.
func (c Call) RunOnDeafThread(deed Deed) panicguard.Trap {
	return panicguard.Trap(C.rig_run_on_deaf_thread(c.c, C.rig_deed(deed)))
}

// LeavesSignalStack reports whether the signal stack of a thread that Go did not make is still mapped when it has ended.
func LeavesSignalStack() bool { return bool(C.rig_leaves_signal_stack()) }

// Registered returns how many threads the guard knows.
func Registered() int { return int(C.rig_registered()) }

// AnyInVM reports whether a thread is in the VM region.
func AnyInVM() bool { return bool(C.rig_any_in_vm()) }

// LateInterruptIsAwaited runs a body that returns while an interrupt is on its way, and reports whether that had been delivered
// when the activation ended.
func LateInterruptIsAwaited() bool { return bool(C.rig_late_interrupt_is_awaited()) }
