// This file is a RESP connection that waits for bytes: one that idles gives its buffers back, and a client that lets the server wait
// for too long is cut off. No timer is armed for that: the server looks at all connections now and then.

package resp

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/server/limits"
)

// shrinkAfter is how long an idle connection keeps its buffers.
const shrinkAfter = time.Second

// waiting is what a connection waits for and since when: a time of the server's clock, and in the lower bits what. 0 is nothing.
type waiting int64

const (
	waitsForFirst waiting = 1 + iota // command, or the login
	waitsForNext                     // command
	waitsForRest                     // of a command
	waitsFor      waiting = 3        // mask
	hasShrunk     waiting = 4        // it has given its buffers back
	waitingShift          = 3
)

func (w waiting) since() int64 { return int64(w >> waitingShift) }

// receiving is how far the command is that did not arrive in full.
type receiving struct {
	since int64 // time at which its current part began; 0 when there is no such command
	from  int64 // bytes that the connection had received then
}

// fill waits for bytes.
func (c *conn) fill() error {
	waits := c.waitsNow()
	for {
		c.waits.Store(int64(waits))
		err := c.in.fill()
		c.waits.Store(0)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			c.growReplies()
			return err
		}
		if err := c.setReadDeadline(time.Time{}); err != nil {
			return err
		}
		if why := c.late.Load(); why != nil {
			return why
		}
		if c.in.idle() { // watch has woken it for that
			c.in.shrink()
			c.shrinkReplies()
			waits |= hasShrunk
		}
	}
}

// strange reports whether a connection has yet to show what it is for: by a login where there are users, by any command where there are none.
func (c *conn) strange() bool {
	if c.srv.opts.Users != nil {
		return c.session == nil
	}
	return !c.spoke
}

func (c *conn) waitsNow() waiting {
	now, kind := c.srv.clock.Load(), waitsForNext
	switch {
	case !c.in.idle():
		if part := &c.part; part.since == 0 || c.in.received-part.from >= limits.SlowPart {
			*part = receiving{now, c.in.received}
		}
		now, kind = c.part.since, waitsForRest
	case c.strange():
		now, kind = c.strangeFrom, waitsForFirst
	}
	return waiting(now)<<waitingShift | kind
}

// setReadDeadline sets the deadline for reads, unless shutdown wants the connection to read no more: it raises draining
// before it sets a deadline itself, so either that one comes later, or draining is seen here.
func (c *conn) setReadDeadline(t time.Time) error {
	if err := c.nc.SetReadDeadline(t); err != nil {
		return err
	}
	if c.srv.draining.Load() {
		return errDraining
	}
	return nil
}

var errDraining = errors.New("the server is shutting down")

// lateClient is the error of a connection whose client let the server wait for too long.
type lateClient struct {
	why  limits.CutReason
	tell error // the client, or nil
}

func (e *lateClient) Error() string { return "cut off: " + e.why.String() }

// overdue looks at a connection, and wakes it if it has waited for long enough to give its buffers back, or too long. It returns why
// it is cut off, if it is.
func (c *conn) overdue(now int64) *lateClient {
	w := waiting(c.waits.Load())
	if w == 0 {
		return nil
	}
	opts, waited := &c.srv.opts, time.Duration(now-w.since())
	var late *lateClient
	switch kind := w & waitsFor; {
	case kind == waitsForRest && waited > opts.SlowTimeout:
		late = &lateClient{limits.CutSlowSender, limits.TooLate("the command did not arrive: a client has %v for each MiB, or the rest of it", opts.SlowTimeout)}
	case kind == waitsForFirst && opts.HandshakeTimeout > 0 && waited > opts.HandshakeTimeout:
		late = &lateClient{limits.CutHandshake, limits.TooLate("no %s came within %v", c.srv.firstOf(), opts.HandshakeTimeout)}
	case kind == waitsForNext && opts.IdleTimeout > 0 && waited > opts.IdleTimeout:
		late = &lateClient{why: limits.CutIdle}
	case kind == waitsForRest || w&hasShrunk != 0 || waited < shrinkAfter:
		return nil
	}
	if late != nil && !c.late.CompareAndSwap(nil, late) {
		return nil
	}
	c.nc.SetReadDeadline(time.Unix(1, 0))
	return late
}

// firstOf is what the server waits for first of a client.
func (s *Server) firstOf() string {
	if s.opts.Users != nil {
		return "login"
	}
	return "command"
}

// takeLeave ends a connection whose fill failed.
func (c *conn) takeLeave(err error) error {
	var late *lateClient
	switch {
	case errors.As(err, &late) && late.tell != nil:
		c.growReplies()
		c.out.error(late.tell, false)
		c.flush()
		c.linger()
	case c.srv.draining.Load() && c.unread():
		c.linger()
	}
	return err
}

// unread reports whether bytes have arrived that were not read. If the connection is closed then, the kernel resets it, and replies
// may be lost.
func (c *conn) unread() bool {
	if c.raw == nil {
		return false
	}
	n := 0
	c.raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n > 0
}
