// Package errno gives every error the name of an errno, for the one line that a failed command prints.
package errno

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// failure is an error of this program itself.
type failure struct {
	errno   syscall.Errno
	message string
}

// Errorf returns an error with an errno, which errors.Is finds.
func Errorf(errno syscall.Errno, format string, args ...any) error {
	return &failure{errno, fmt.Sprintf(format, args...)}
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.errno }

// Envelope is all that is known of an error.
type Envelope struct {
	Errno        string     `json:"errno"`
	Kind         string     `json:"kind,omitempty"` // of a daemon's
	Message      string     `json:"message"`
	Where        string     `json:"where,omitempty"`
	Traceback    string     `json:"traceback,omitempty"`
	ClassVersion string     `json:"class_version,omitempty"`
	Usage        *usageJSON `json:"usage,omitempty"`
}

type usageJSON struct {
	CPU       int64 `json:"cpu_us"`
	PeakBytes int64 `json:"peak_bytes"`
	HostOps   int64 `json:"host_ops"`
}

// NewEnvelope returns all that is known of an error.
func NewEnvelope(err error) Envelope {
	name, message := Describe(err)
	e := Envelope{Errno: name, Message: message}
	var answer *client.Error
	if errors.As(err, &answer) {
		e.Kind, e.Where, e.Traceback, e.ClassVersion = answer.Kind, answer.Where, answer.Traceback, answer.ClassVersion
		if u := answer.Usage; u != (client.Usage{}) {
			e.Usage = &usageJSON{u.CPU.Microseconds(), u.PeakBytes, u.HostOps}
		}
	}
	var local *objclass.Error // of a call without a daemon
	if errors.As(err, &local) {
		e.Kind, e.Where, e.Traceback, e.ClassVersion = string(local.Kind), local.Where, local.Traceback, local.ClassVersion
		if u := local.Usage; u != (objclass.Usage{}) {
			e.Usage = &usageJSON{u.CPU.Microseconds(), u.PeakBytes, u.HostOps}
		}
	}
	return e
}

// Describe returns the name of an error's errno, and its message. One without is the command line parser's, or
// says that the peer is no daemon.
func Describe(err error) (name, message string) {
	var answer *client.Error
	if errors.As(err, &answer) {
		return answer.ErrnoName(), answer.Message
	}
	var local *objclass.Error
	if errors.As(err, &local) {
		return local.ErrnoName(), local.Message
	}
	errno := syscall.EINVAL
	switch {
	case errors.As(err, &errno):
	case store.Errno(err) != 0:
		errno = store.Errno(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		errno = syscall.ETIMEDOUT
	case errors.Is(err, context.Canceled):
		errno = syscall.ECANCELED
	}
	return (&objclass.Error{Errno: uint64(errno)}).ErrnoName(), err.Error()
}
