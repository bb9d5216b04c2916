package rig

/*
#include "gohost.h"
*/
import "C"

import (
	"runtime/cgo"

	"github.com/objluad/objluad/panicguard"
)

// RunGo runs a body that makes one host call, which calls what. A panic of it must not leave what.
func (c Call) RunGo(what func()) panicguard.Trap {
	handle := cgo.NewHandle(what)
	defer handle.Delete()
	return panicguard.Trap(C.rig_run_go(c.c, C.uintptr_t(handle)))
}

//export rigCallGo
func rigCallGo(handle C.uintptr_t) { cgo.Handle(handle).Value().(func())() }

// Pending returns the trap that was asked of the activation whose host call this is.
func Pending() panicguard.Trap { return panicguard.Trap(C.pg_pending()) }
