// This file is the errors of calls that failed at the daemon.

package client

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/redis/rueidis"
	"golang.org/x/sys/unix"
)

// Error is a call that failed at the daemon.
type Error struct {
	Errno     syscall.Errno // as a method may return any, it need not have a name
	Kind      string        // "op", "script", "trap:<code>", "class", "auth", "busy" or "input"
	Message   string
	Traceback string // of a script that failed; may be empty

	name string
}

func (e *Error) Error() string { return e.name + ": " + e.Message }

// Unwrap gives errors.Is the errno.
func (e *Error) Unwrap() error { return e.Errno }

// ErrnoName returns the errno's name as the daemon sent it: "ENOENT", or "E" and a number.
func (e *Error) ErrnoName() string { return e.name }

// callError makes an *Error of an error that the daemon sent: "<ERRNO> <kind> <message>", with a traceback behind a line
// feed. Of other errors it gives a lost connection its errno.
func callError(err error) error {
	reply, ok := rueidis.IsRedisErr(err)
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the daemon closed the connection: %w", syscall.ECONNRESET)
	case !ok:
		return err
	}
	line, traceback, _ := strings.Cut(reply.Error(), "\n")
	words := strings.SplitN(line, " ", 3)
	if len(words) == 3 {
		if errno, ok := errnoOf(words[0]); ok {
			return &Error{Errno: errno, Kind: words[1], Message: words[2], Traceback: traceback, name: words[0]}
		}
	}
	return &Error{Errno: syscall.EPROTO, Kind: "input", Message: line, name: "EPROTO"} // this is not objluad
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
