// This file brings the deadline of a context to the method that runs for it.

package client

import (
	"context"
	"errors"
	"strconv"
	"syscall"
	"time"
)

// defaultTimeout is what a method has whose caller names no timeout, unless the daemon was told otherwise. A longer one is not asked for
// in its place: that the caller waits longer does not mean that the method may take longer.
const defaultTimeout = time.Second

// shorten lowers the timeout to what is left until ctx's deadline, without the time that the reply takes, and reports whether it did.
func (o *callOptions) shorten(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	if !ok {
		return false
	}
	left := time.Until(deadline)
	left -= min(left/10, 10*time.Millisecond)
	if o.timed && left >= o.timeout || !o.timed && left >= defaultTimeout {
		return false
	}
	o.timed, o.timeout = true, max(left, time.Millisecond)
	return true
}

// args returns the options as the wire has them.
func (o *callOptions) args() []string {
	if !o.timed {
		return o.words
	}
	return append(o.words, "TIMEOUT", strconv.FormatInt(o.timeout.Milliseconds(), 10))
}

// deadlineError marks the error of a method that ran out of a time that was shortened.
func deadlineError(err error, shortened bool) error {
	var e *Error
	if shortened && errors.As(err, &e) && e.Errno == syscall.ETIMEDOUT && e.Kind == "trap:deadline" {
		e.deadline = true
	}
	return err
}
