// This file gives every error the name of an errno, for the one line that a failed command prints.

package main

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

func fail(errno syscall.Errno, format string, args ...any) error {
	return &failure{errno, fmt.Sprintf(format, args...)}
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.errno }

// describe returns the name of an error's errno, and its message. One without is the command line parser's, or
// says that the peer is no daemon.
func describe(err error) (name, message string) {
	var answer *client.Error
	if errors.As(err, &answer) {
		return answer.ErrnoName(), answer.Message
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
