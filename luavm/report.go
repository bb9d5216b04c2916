//go:build lua54

// Reports of the C core, translated into the errors of package objclass.

package luavm

/*
#include <errno.h>
#include "lv.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/panicguard"
)

func (s *slot) usage(r *C.lv_report) objclass.Usage {
	u := objclass.Usage{CPU: s.making + time.Duration(r.cpu_ns), PeakBytes: int64(r.peak)}
	if s.inv != nil && s.inv.Object != nil {
		u.HostOps = s.inv.Object.Ops()
	}
	return u
}

// toError returns nil when the run or load succeeded.
func (s *slot) toError(r *C.lv_report) error {
	if r.outcome == C.LV_OK {
		return nil
	}
	e := &objclass.Error{
		Message:      C.GoStringN(&r.message[0], C.int(r.message_size)),
		Where:        C.GoString(&r.where[0]),
		Traceback:    C.GoStringN(&r.traceback[0], C.int(r.traceback_size)),
		ClassVersion: s.unit.Version,
		Usage:        s.usage(r),
	}
	switch r.outcome {
	case C.LV_OP_ERROR:
		e.Errno, e.Kind = uint64(r.error_number), objclass.KindOp
	case C.LV_SCRIPT_ERROR:
		e.Errno, e.Kind = uint64(syscall.EIO), objclass.KindScript
	case C.LV_NO_METHOD:
		e.Errno, e.Kind = uint64(syscall.EOPNOTSUPP), objclass.KindScript
	case C.LV_TRAP:
		s.describeTrap(e, r)
	}
	if e.Kind.Trap() == "" {
		e.Where = whereRaised(e, s.unit.Name)
	}
	return e
}

// whereRaised returns the place of an error: that of the innermost function of its traceback that has a line, or, where Lua could
// not compile the source, the one that the message begins with.
func whereRaised(e *objclass.Error, chunk string) string {
	for line := range strings.Lines(e.Traceback) {
		if place, _, ok := strings.Cut(line, ": in "); ok && place != "[C]" {
			return place
		}
	}
	rest, ok := strings.CutPrefix(e.Message, chunk+":")
	number, _, more := strings.Cut(rest, ":")
	if _, err := strconv.ParseUint(number, 10, 32); !ok || !more || err != nil {
		return ""
	}
	return chunk + ":" + number
}

func (s *slot) describeTrap(e *objclass.Error, r *C.lv_report) {
	where, at := e.Where, s.unit.Name
	if where != "" {
		at = where
	}
	switch panicguard.Trap(r.trap) {
	case panicguard.Panic:
		e.Errno, e.Kind = uint64(syscall.EFAULT), objclass.TrapPanic
		e.Message = at + ": unprotected error: " + e.Message
	case panicguard.Deadline:
		e.Errno, e.Kind = uint64(syscall.ETIMEDOUT), objclass.TrapDeadline
		e.Message = fmt.Sprintf("%s: over %d ms%s", at, s.overrun(r).Milliseconds(), s.nowhere(r, where))
	case panicguard.Canceled:
		e.Errno, e.Kind = uint64(syscall.ECANCELED), objclass.TrapCanceled
		e.Message = at + ": canceled" + s.nowhere(r, where)
	case panicguard.Memory:
		e.Errno, e.Kind = uint64(syscall.ENOMEM), objclass.TrapMemory
		e.Message = at + ": out of memory: the arena is exhausted"
	case panicguard.Fault:
		e.Errno, e.Kind = uint64(syscall.EFAULT), objclass.TrapFault
		e.Message = fmt.Sprintf("%s: %s raised in the VM", at, unix.SignalName(unix.Signal(r.fault_signal)))
	case panicguard.Host:
		e.Errno, e.Kind = uint64(syscall.EIO), objclass.TrapHost
		e.Message = at + ": the server failed inside an object operation; its log has the details"
	default:
		e.Errno, e.Kind = uint64(syscall.EIO), objclass.TrapHost
		e.Message = at + ": unknown trap"
	}
}

// overrun returns the budget that a run has passed.
func (s *slot) overrun(r *C.lv_report) time.Duration {
	if s.budget.Wall > 0 && time.Duration(r.wall_ns) >= s.budget.Wall {
		return s.budget.Wall
	}
	return s.budget.CPU
}

// nowhere says why a trap has no line: it struck a C function of Lua's that ran without end, the compiler, or a run that had waited
// for a core for so long that it was over before it began.
func (s *slot) nowhere(r *C.lv_report, where string) string {
	switch {
	case where != "":
		return ""
	case !bool(r.began):
		return ", before its first line"
	case s.inv == nil && s.unit.Script: // whose chunk runs in each call
		return ", while it was compiled"
	default:
		return ", inside a library function"
	}
}

// errnoOr returns err's errno, or otherwise other.
func errnoOr(err error, other syscall.Errno) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) && errno != 0 {
		return errno
	}
	return other
}
