package objclass

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/store"
)

// Kind says which part of a call failed, so that a client need not guess from an errno.
type Kind string

const (
	KindOp     Kind = "op"     // an object operation failed, or the method said that it did: by a negative value, or by objclass.fail
	KindScript Kind = "script" // the script failed: an uncaught error, a syntax error, an unregistered handler
	KindClass  Kind = "class"  // class, version or method cannot be used
	KindAuth   Kind = "auth"   // the caller may not do this
	KindBusy   Kind = "busy"   // the server has no room for the call now; it may be tried again
	KindInput  Kind = "input"  // the request itself is wrong

	// Traps: the guard ended the script.
	TrapPanic    Kind = "trap:panic"    // an error that nothing in the VM protected; EFAULT
	TrapDeadline Kind = "trap:deadline" // wall or CPU budget passed; ETIMEDOUT
	TrapCanceled Kind = "trap:canceled" // the client went away, or an operator ended the call; ECANCELED
	TrapMemory   Kind = "trap:memory"   // the arena was exhausted and the script did not handle it; ENOMEM
	TrapFault    Kind = "trap:fault"    // a fault signal was raised in VM code; EFAULT
	TrapHost     Kind = "trap:host"     // a Go panic inside a host call; EIO
)

// Trap returns the trap's code ("deadline", …), or "" when the kind is no trap.
func (k Kind) Trap() string {
	code, ok := strings.CutPrefix(string(k), "trap:")
	if !ok {
		return ""
	}
	return code
}

// Error is the envelope of every failed call. Errno is positive and need not have a name: a method may return any
// negative number.
type Error struct {
	Errno        uint64
	Kind         Kind
	Message      string
	Where        string // "chunk:line" of the script that failed, if that is known
	Traceback    string // of a script that failed; may be empty
	ClassVersion string // of the class version or script that ran; empty when none did
	Usage        Usage

	err error // what it wraps, may be nil
}

// Errorf makes an Error whose message is formatted; a %w verb wraps.
func Errorf(errno syscall.Errno, kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Errno: uint64(errno), Kind: kind, Message: err.Error(), err: errors.Unwrap(err)}
}

// OpError makes the Error of a failed object operation.
func OpError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	errno := store.Errno(err)
	switch {
	case errno != 0:
	case errors.Is(err, context.Canceled):
		errno = syscall.ECANCELED
	case errors.Is(err, context.DeadlineExceeded):
		errno = syscall.ETIMEDOUT
	default:
		errno = syscall.EIO
	}
	return &Error{Errno: uint64(errno), Kind: KindOp, Message: err.Error(), err: err}
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives errors.Is the errno and what the error was made from.
func (e *Error) Unwrap() []error {
	errs := make([]error, 0, 2)
	if e.Errno < 1<<16 {
		errs = append(errs, syscall.Errno(e.Errno))
	}
	if e.err != nil {
		errs = append(errs, e.err)
	}
	return errs
}

// ErrnoName returns the symbolic name of the errno ("ENOENT"), or "E" and its number when it has none.
func (e *Error) ErrnoName() string {
	if e.Errno == uint64(syscall.EOPNOTSUPP) {
		return "EOPNOTSUPP" // Linux gives ENOTSUP the same number; RADOS means this one
	}
	if e.Errno < 1<<16 {
		if name := unix.ErrnoName(syscall.Errno(e.Errno)); name != "" {
			return name
		}
	}
	return "E" + strconv.FormatUint(e.Errno, 10)
}
