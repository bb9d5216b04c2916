// This file measures what it would cost to run commands on another goroutine than the one that reads them.

package resp

import (
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/server/metrics"
)

// BenchmarkDispatch runs PING as the server does, on the goroutine of its connection, and as one that hands each command to another
// goroutine and waits for it.
func BenchmarkDispatch(b *testing.B) {
	args := [][]byte{[]byte("PING")}
	s := New(nil, Options{
		Metrics: metrics.New(),
		Logger:  slog.New(slog.DiscardHandler),
		Clients: limits.NewClients(limits.Bounds{}, nil, slog.New(slog.DiscardHandler)),
	})
	b.Run("inline", func(b *testing.B) {
		c := newConn(s, nullConn{})
		for b.Loop() {
			c.do(args)
		}
	})
	b.Run("handed over", func(b *testing.B) {
		c := newConn(s, nullConn{})
		work, done := make(chan [][]byte), make(chan struct{})
		defer close(work)
		go func() {
			for args := range work {
				c.do(args)
				done <- struct{}{}
			}
		}()
		for b.Loop() {
			work <- args
			<-done
		}
	})
}

// nullConn takes everything and has nothing.
type nullConn struct{}

func (nullConn) Read([]byte) (int, error)         { return 0, io.EOF }
func (nullConn) Write(b []byte) (int, error)      { return len(b), nil }
func (nullConn) Close() error                     { return nil }
func (nullConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (nullConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (nullConn) SetDeadline(time.Time) error      { return nil }
func (nullConn) SetReadDeadline(time.Time) error  { return nil }
func (nullConn) SetWriteDeadline(time.Time) error { return nil }
