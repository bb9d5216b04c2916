package rig

// This file is a network that loses replies.

import (
	"bytes"
	"net"
	"sync/atomic"
	"testing"
)

// Lossy forwards connections to a daemon, and can lose the reply to a command.
type Lossy struct {
	listener net.Listener
	to       string
	lose     atomic.Pointer[loss]
}

type loss struct {
	command []byte
	then    func()
}

// NewLossy begins to forward connections to a daemon's RESP listener. It ends with the test.
func NewLossy(tb testing.TB, d *Daemon) *Lossy {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { listener.Close() })
	l := &Lossy{listener: listener, to: d.Addr()}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go l.forward(conn)
		}
	}()
	return l
}

// Addr is where clients find the daemon.
func (l *Lossy) Addr() string { return l.listener.Addr().String() }

// LoseReply has the next connection that sends a command of this name closed when the daemon has begun to answer it, and before its
// client got a byte of the answer. Before the client is cut off, then is called.
func (l *Lossy) LoseReply(command string, then func()) { l.lose.Store(&loss{[]byte(command), then}) }

func (l *Lossy) forward(client net.Conn) {
	defer client.Close()
	daemon, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer daemon.Close()
	var losing atomic.Pointer[loss]
	go func() {
		defer daemon.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := client.Read(buf)
			if err != nil {
				return
			}
			if loss := l.lose.Load(); loss != nil && bytes.Contains(buf[:n], loss.command) && l.lose.CompareAndSwap(loss, nil) {
				losing.Store(loss)
			}
			if _, err := daemon.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := daemon.Read(buf)
		if loss := losing.Load(); loss != nil && n > 0 {
			loss.then()
			return
		}
		if n > 0 {
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
