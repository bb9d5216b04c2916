// This file is the connection of a client, which tells how long the client takes for what it is sent.

package limits

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/objluad/objluad/objclass"
)

const (
	SlowPart   = 1 << 20 // bytes of a request or a reply that a client has Bounds.SlowTimeout for
	SmallReply = 8 << 10 // bytes that are no large reply
)

// Conn is the connection of a client.
type Conn struct {
	net.Conn
	of   *Clients
	peer string // its address, without a port

	inSend  atomic.Bool // what is written is a part, maybe encrypted
	counted atomic.Bool // the reply under way is, as a whole

	began  atomic.Int64 // tick at which the sending of a part began; 0 while nothing is sent
	unsent atomic.Int64 // bytes of a large reply that the client has not taken
}

// ConnOf returns the client's connection that nc is, or encrypts.
func (c *Clients) ConnOf(nc net.Conn) *Conn {
	if conn, ok := SocketOf(nc).(*Conn); ok {
		return conn
	}
	return &Conn{Conn: nc, of: c} // a listener of no clients
}

// Write sends what is not sent by SendOver.
func (c *Conn) Write(b []byte) (sent int, err error) {
	if c.inSend.Load() {
		return c.Conn.Write(b)
	}
	return c.send(c.Conn, b)
}

// send writes b to w, the connection or what encrypts it, in parts, each of which has a time to be taken.
func (c *Conn) send(w io.Writer, b []byte) (sent int, err error) {
	c.inSend.Store(true)
	defer c.inSend.Store(false)
	if len(b) > SmallReply && !c.counted.Load() {
		c.hold(len(b))
		defer c.hold(-len(b))
	}
	defer c.began.Store(0)
	for {
		part := b[sent:min(len(b), sent+SlowPart)]
		c.began.Store(c.of.clock.Load())
		n, err := w.Write(part)
		sent += n
		if err != nil || sent == len(b) {
			return sent, err
		}
	}
}

// SendOver sends b over nc, which is the connection itself or encrypts it.
func (c *Conn) SendOver(nc net.Conn, b []byte) (int, error) {
	if nc == net.Conn(c) {
		return c.send(c.Conn, b)
	}
	return c.send(nc, b)
}

// Count has the reply under way counted as n bytes, whatever parts it is sent in, until Count(0).
func (c *Conn) Count(n int) {
	c.counted.Store(n > 0)
	c.hold(n - c.held())
}

// Uncount ends what Count or MakeRoom began.
func (c *Conn) Uncount() {
	if c.counted.Load() {
		c.Count(0)
	}
}

// MakeRoom waits until there is room for a reply of n bytes that is about to be read, and counts it. If there is none, those are cut off
// meanwhile who keep others waiting. A reply that is too large for all the room needs half of it.
func (c *Conn) MakeRoom(ctx context.Context, n int) error {
	c.Count(0)
	most := max(c.of.bounds.Unsent, int64(n)+c.of.bounds.Unsent/2)
	for {
		if c.of.unsent.Add(int64(n)) <= most {
			c.counted.Store(true)
			c.unsent.Add(int64(n))
			return nil
		}
		c.of.unsent.Add(int64(-n))
		if c.of.wanted.Load() < int64(n) {
			c.of.wanted.Store(min(int64(n), c.of.bounds.Unsent))
		}
		select {
		case <-time.After(clientsTick):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *Conn) held() int { return int(c.unsent.Load()) }

func (c *Conn) hold(n int) {
	c.unsent.Add(int64(n))
	c.of.unsent.Add(int64(n))
}

func (c *Conn) Close() error {
	c.of.leave(c)
	return c.Conn.Close()
}

// CloseWrite closes the sending half.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return syscall.EOPNOTSUPP
}

// SyscallConn returns the socket.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	if socket, ok := c.Conn.(syscall.Conn); ok {
		return socket.SyscallConn()
	}
	return nil, syscall.EOPNOTSUPP
}

// Host returns an address without its port.
func Host(addr string) string {
	h, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return h
}

// SocketOf returns the connection below TLS, or the connection itself.
func SocketOf(nc net.Conn) net.Conn {
	if secured, ok := nc.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return nc
}

// TooLate is the error of a client that had the server wait for too long.
func TooLate(format string, args ...any) error {
	return objclass.Errorf(syscall.ETIMEDOUT, objclass.KindInput, format, args...)
}
