//go:build lua54

// Package rig gives the VMs of a test binary functions that crash them, since no script can.
package rig

/*
#cgo CFLAGS: -std=gnu11 -O1 -fno-omit-frame-pointer -I/usr/include/lua5.4 -I${SRCDIR}/../../../panicguard
#cgo LDFLAGS: -Wl,--wrap=lv_open_sandbox

#include "crash.h"
*/
import "C"

// Arm gives every VM that is made from now on the table crash, whose functions segv, bus, fpe, ill, abort, overflow and panic
// end a run in the trap of their name, and deep, which calls its argument where the C stack has little room left. It reports
// whether it could.
func Arm() bool { return bool(C.rig_arm()) }

// Disarm ends what Arm began.
func Disarm() { C.rig_disarm() }
