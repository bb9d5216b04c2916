//go:build lua54

// A slot as Go sees it: one VM, the call that it is given, and the invocation that it runs.

package luavm

/*
#cgo CFLAGS: -std=gnu11 -O2 -fno-omit-frame-pointer -U_FORTIFY_SOURCE -I/usr/include/lua5.4 -I${SRCDIR}/../panicguard
#cgo CXXFLAGS: -std=c++17 -O2 -fno-omit-frame-pointer -U_FORTIFY_SOURCE -fno-exceptions -fno-rtti -I/usr/include/lua5.4
#cgo LDFLAGS: -L${SRCDIR}/liblua -Wl,-z,now -Wl,--wrap=luaT_tryconcatTM -Wl,--wrap=luaD_shrinkstack

#include <stdlib.h>
#include "lv.h"

extern const lv_host lv_go_host;

// Go memory may be passed only as arguments, not within a struct that lies in Go memory.
static const lv_report *run(lv_slot *slot, pg_call *call, int number, const char *name, size_t name_size,
			    const void *input, size_t input_size, size_t output_max, size_t memory_max, int flags, int64_t now_ns)
{
	lv_method m = {number, name, name_size, input, input_size, output_max, memory_max, flags, now_ns};
	return lv_run(slot, call, &m);
}
*/
import "C"

import (
	"context"
	"math/rand/v2"
	"runtime/cgo"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/panicguard"
)

// lastCall numbers the activations of the process.
var lastCall atomic.Uint64

type slot struct {
	c       *C.lv_slot
	call    *C.pg_call
	cancel  func()                  // ends the activation of call
	handle  cgo.Handle              // how host functions find the slot
	arena   int                     // bytes
	epoch   uint64                  // the engine's, when the slot was made
	unit    objclass.Unit           // without its source, which the VM needs no more and the engine does not count
	loaded  objclass.Loaded         // its methods are in the order of their numbers; the manifest is for Load, and not kept
	loading *objclass.Unit          // while it is loaded
	missing *objclass.MissingModule // what the unit turned out to require
	budget  objclass.Budget         // of the run
	making  time.Duration           // CPU time that making the VM took, for the run that needed it

	// Of the invocation that runs; nil while a unit is loaded.
	inv *objclass.Invocation
	// Between host calls: an answer that the caller had no room for, and the last error.
	kept    []byte
	lastErr error
	random  *rand.ChaCha8 // the run's stream; nil until the script asks for it
}

// newSlot loads unit into a new VM and seals it.
func newSlot(ctx context.Context, unit *objclass.Unit, budget objclass.Budget, arena int) (*slot, error) {
	s := &slot{arena: arena, unit: *unit, budget: budget, loading: unit}
	s.unit.Source = nil
	s.unit.Requires, s.unit.Modules = nil, nil
	s.handle = cgo.NewHandle(s)
	s.call = (*C.pg_call)(C.calloc(1, C.sizeof_pg_call))
	s.cancel = func() { C.pg_cancel(s.call) }
	c, err := C.lv_new(C.size_t(arena), &C.lv_go_host, C.uintptr_t(s.handle))
	if c == nil {
		s.free()
		return nil, outOfMemory(unit, err)
	}
	s.c = c

	name := C.CString("=" + unit.Name)
	defer C.free(unsafe.Pointer(name))
	source := (*C.char)(unsafe.Pointer(unsafe.SliceData(unit.Source)))
	defer s.lendModules(unit)()
	report := s.guarded(ctx, func() *C.lv_report {
		return C.lv_load(s.c, s.call, name, source, C.size_t(len(unit.Source)), C.bool(unit.Script))
	})
	s.loading = nil
	if err := s.loadError(report); err != nil {
		s.free()
		return nil, err
	}
	s.loaded.Value = bool(report.value)
	s.making = time.Duration(report.cpu_ns)
	s.loaded.Methods = registered(s.vm())
	report = s.guarded(ctx, func() *C.lv_report { return C.lv_seal(s.c, s.call) })
	err = s.toError(report)
	s.making += time.Duration(report.cpu_ns)
	if err == nil && s.imageSize() > maxImage {
		err = imageTooLarge(unit, s.imageSize())
	}
	if err != nil {
		s.free()
		return nil, err
	}
	return s, nil
}

// guarded prepares the slot's call for one activation that ctx can cancel.
func (s *slot) guarded(ctx context.Context, activate func() *C.lv_report) *C.lv_report {
	*s.call = C.pg_call{
		id:        C.uint64_t(lastCall.Add(1)),
		wall_ns:   C.int64_t(s.budget.Wall),
		cpu_ns:    C.int64_t(s.budget.CPU),
		exact_cpu: C.bool(s.inv != nil && s.inv.Long),
	}
	watch := objclass.WhenDone(ctx, s.cancel)
	report := activate()
	watch.Stop() // from here on pg_cancel is not called
	return report
}

// run runs one method. After the traps fault and host the slot is broken, and must be freed.
func (s *slot) run(ctx context.Context, inv *objclass.Invocation) (result objclass.Result, broken panicguard.Trap, err error) {
	number, flags, err := s.find(inv.Method)
	if err != nil {
		return objclass.Result{}, panicguard.None, err
	}
	s.inv = inv
	s.budget = inv.Budget
	if inv.Now.IsZero() {
		inv.Now = time.Now()
	}
	if inv.Object != nil { // what the VM cannot take need not be read
		inv.Object.BoundListings(s.memory())
		inv.Object.SetNow(inv.Now)
	}
	name := (*C.char)(unsafe.Pointer(unsafe.StringData(inv.Method)))
	input := unsafe.Pointer(unsafe.SliceData(inv.Input))
	report := s.guarded(ctx, func() *C.lv_report {
		return C.run(s.c, s.call, C.int(number), name, C.size_t(len(inv.Method)), input, C.size_t(len(inv.Input)),
			C.size_t(inv.Budget.Output), C.size_t(inv.Budget.Memory), C.int(flags), C.int64_t(inv.Now.UnixNano()))
	})
	err = s.toError(report)
	if err == nil {
		result = objclass.Result{
			Ret:    int32(report.ret),
			Output: bytesAt(report.output, report.output_size),
			Usage:  s.usage(report),
		}
	}
	if report.unrestored {
		C.lv_restore(s.c)
	}
	s.inv, s.kept, s.lastErr, s.random = nil, nil, nil, nil
	return result, panicguard.Trap(report.trap), err
}

// find returns the number and flags of a class's method. A script has no methods before its chunk has run.
func (s *slot) find(method string) (number int, flags objclass.Flags, err error) {
	if s.unit.Script {
		return 0, objclass.RD | objclass.WR, nil
	}
	for number, m := range s.loaded.Methods {
		if m.Name == method {
			return number, m.Flags, nil
		}
	}
	e := objclass.Errorf(syscall.EOPNOTSUPP, objclass.KindClass, "%s has no method %s", s.unit.Name, method)
	e.ClassVersion = s.unit.Version
	return 0, 0, e
}

// memory returns the bytes that the VM may have in this run.
func (s *slot) memory() int64 {
	if limit := s.inv.Budget.Memory; limit > 0 {
		return min(limit, int64(s.arena))
	}
	return int64(s.arena)
}

// vm returns the VM's lua_State, for adopt.
func (s *slot) vm() unsafe.Pointer { return unsafe.Pointer(C.lv_state(s.c)) }

func (s *slot) imageSize() int64 { return int64(C.lv_image_size(s.c)) }

// holds returns the most bytes that the slot holds while it idles; it does not change.
func (s *slot) holds() int64 { return int64(C.lv_idle_size(s.c)) }

// pristine reports whether the VM is, byte for byte, what every run starts from.
func (s *slot) pristine() bool { return bool(C.lv_is_pristine(s.c)) }

func (s *slot) free() {
	C.lv_free(s.c)
	C.free(unsafe.Pointer(s.call))
	s.handle.Delete()
	s.c, s.call = nil, nil
}

func imageTooLarge(unit *objclass.Unit, size int64) error {
	e := objclass.Errorf(syscall.ENOMEM, objclass.TrapMemory,
		"%s: its image has %d bytes, the limit is %d; build large tables in the method, or keep them in objects", unit.Name, size, maxImage)
	e.ClassVersion = unit.Version
	return e
}

func outOfMemory(unit *objclass.Unit, err error) error {
	e := objclass.Errorf(errnoOr(err, syscall.ENOMEM), objclass.KindBusy, "no address space for another VM: %w", err)
	e.ClassVersion = unit.Version
	return e
}
