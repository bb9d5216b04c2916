// This file is the errors of calls that failed at the daemon.

package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/redis/rueidis"
	"golang.org/x/sys/unix"
)

// Error is a call that failed at the daemon.
type Error struct {
	Errno   syscall.Errno // as a method may return any, it need not have a name
	Kind    string        // "op", "script", "trap:<code>", "class", "auth", "busy" or "input"
	Message string

	// Of calls, as far as they are known.
	Where        string // "chunk:line" of the script that failed
	Traceback    string // of a script that failed
	ClassVersion string // full hash of the class version or script that ran
	Usage        Usage

	name     string
	deadline bool // the context's deadline was what the method had no more time for
}

// Usage is what a call that failed had used.
type Usage struct {
	CPU       time.Duration
	PeakBytes int64 // the most memory that the VM held
	HostOps   int64 // object operations
}

func (e *Error) Error() string { return e.name + ": " + e.Message }

// Unwrap gives errors.Is the errno.
func (e *Error) Unwrap() error { return e.Errno }

// Is gives errors.Is context.DeadlineExceeded, if a method was ended because its caller's context was about to.
func (e *Error) Is(target error) bool { return e.deadline && target == context.DeadlineExceeded }

// ErrnoName returns the errno's name as the daemon sent it: "ENOENT", or "E" and a number.
func (e *Error) ErrnoName() string { return e.name }

// callError makes an *Error of an error that the daemon sent: "<ERRNO> <kind> <message>", with what else is known on the lines
// behind it. Of other errors it gives a lost connection its errno.
func callError(err error) error {
	reply, ok := rueidis.IsRedisErr(err)
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the daemon closed the connection: %w", syscall.ECONNRESET)
	case !ok:
		return err
	}
	line, details, _ := strings.Cut(reply.Error(), "\n")
	if e := loginError(line); e != nil {
		return e
	}
	words := strings.SplitN(line, " ", 3)
	if len(words) == 3 {
		if errno, ok := errnoOf(words[0]); ok {
			e := &Error{Errno: errno, Kind: words[1], Message: words[2], name: words[0]}
			e.readDetails(details)
			return e
		}
	}
	return &Error{Errno: syscall.EPROTO, Kind: "input", Message: line, name: "EPROTO"} // this is not objluad
}

// readDetails reads the lines behind the first one: "name: value", and a traceback at the end.
func (e *Error) readDetails(lines string) {
	for lines != "" {
		line, rest, _ := strings.Cut(lines, "\n")
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "where":
			e.Where = value
		case "class_version":
			e.ClassVersion = value
		case "usage":
			e.Usage = readUsage(value)
		case "traceback":
			e.Traceback = rest
			return
		}
		lines = rest
	}
}

// readUsage reads "cpu_us=1 peak_bytes=2 host_ops=3".
func readUsage(s string) (u Usage) {
	for _, field := range strings.Fields(s) {
		name, value, _ := strings.Cut(field, "=")
		n, _ := strconv.ParseInt(value, 10, 64)
		switch name {
		case "cpu_us":
			u.CPU = time.Duration(n) * time.Microsecond
		case "peak_bytes":
			u.PeakBytes = n
		case "host_ops":
			u.HostOps = n
		}
	}
	return u
}

// errnoOf returns the errno of that name, or of "E" and a number.
func errnoOf(name string) (syscall.Errno, bool) {
	if errno, ok := errnos()[name]; ok {
		return errno, true
	}
	digits, ok := strings.CutPrefix(name, "E")
	n, err := strconv.ParseUint(digits, 10, 64)
	return syscall.Errno(n), ok && err == nil
}

var errnos = sync.OnceValue(func() map[string]syscall.Errno {
	names := map[string]syscall.Errno{"EOPNOTSUPP": syscall.EOPNOTSUPP, "EWOULDBLOCK": syscall.EWOULDBLOCK}
	const last = 133 // EHWPOISON, Linux's last
	for errno := syscall.Errno(1); errno <= last; errno++ {
		if name := unix.ErrnoName(errno); name != "" {
			names[name] = errno
		}
	}
	return names
})

// errReply is returned for a reply that the daemon would not send.
var errReply = errors.New("unexpected reply")
