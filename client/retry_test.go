// This file tests which operations are sent again, through a proxy that loses replies.

package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// proxy stands between a client and a daemon. It loses the next replies that it was told to: the daemon has done what was asked, and the
// client's connection ends.
type proxy struct {
	net.Listener
	target string
	lose   atomic.Int64 // replies
	lost   atomic.Int64
	silent atomic.Bool // to connections that are made now: they are accepted, and no more
}

func newProxy(t *testing.T, target string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, target: target}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(nc)
		}
	}()
	return p
}

func (p *proxy) carry(nc net.Conn) {
	defer nc.Close()
	if p.silent.Load() {
		io.Copy(io.Discard, nc)
		return
	}
	daemon, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer daemon.Close()
	go func() {
		io.Copy(daemon, nc)
		daemon.Close()
	}()
	buf := make([]byte, 64<<10)
	for greeted := false; ; greeted = true {
		n, err := daemon.Read(buf)
		if err != nil {
			return
		}
		if greeted && p.lose.Add(-1) >= 0 {
			p.lost.Add(1)
			return
		}
		if _, err := nc.Write(buf[:n]); err != nil {
			return
		}
	}
}

// dialProxy returns a connection whose first operation has been made, so that there is one in the pool.
func dialProxy(t *testing.T, opts client.Options) (*client.Conn, *proxy, *servertest.Rig) {
	t.Helper()
	rig := servertest.Start(t, server.Options{})
	p := newProxy(t, rig.RESP)
	opts.Backoff = time.Millisecond
	conn, err := client.DialOptions(p.Addr().String(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Shutdown)
	return conn, p, rig
}

// What may have been done is done again only if that changes nothing.
func TestLostReplies(t *testing.T) {
	conn, p, rig := dialProxy(t, client.Options{})
	ctx, ioctx := t.Context(), conn.OpenIOContext("p")
	count := func(opts ...client.CallOption) error {
		_, err := ioctx.Exec(ctx, "o", "test", "count", nil, opts...)
		return err
	}
	size := func() int {
		t.Helper()
		p.lose.Store(0)
		data, err := ioctx.ReadFull(ctx, "o")
		if err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	if err := count(); err != nil {
		t.Fatal(err)
	}
	for name, op := range map[string]func() error{
		"ReadFull":  func() error { _, err := ioctx.ReadFull(ctx, "o"); return err },
		"Stat":      func() error { _, err := ioctx.Stat(ctx, "o"); return err },
		"Ping":      func() error { return conn.Ping(ctx) },
		"ListPools": func() error { _, err := conn.ListPools(ctx); return err },
		"ReadOnly":  func() error { _, err := ioctx.Exec(ctx, "o", "test", "echo", nil, client.ReadOnly()); return err },
		"DryRun":    func() error { return count(client.DryRun(), client.Timeout(time.Second)) },
		"Capture":   func() error { return count(client.Capture()) },
		"pipelined": func() error { _, err := ioctx.Pipelined().ReadFull(ctx, "o"); return err },
		"batch": func() error {
			return ioctx.Batch(ctx, func(b *client.IOContext) error { _, err := b.ReadFull(ctx, "o"); return err })
		},
	} {
		p.lost.Store(0)
		p.lose.Store(2)
		if err := op(); err != nil || p.lost.Load() != 2 {
			t.Errorf("%s: %v, with %d replies lost", name, err, p.lost.Load())
		}
	}
	if n := size(); n != 1 {
		t.Fatalf("the object was changed: %d bytes", n)
	}

	// With a key it is done once, and answered.
	p.lose.Store(2)
	if reply, err := ioctx.Exec(ctx, "o", "test", "count", nil, client.IdempotencyKey("TIMEOUT")); err != nil || string(reply.Output) != "2" || !reply.Replayed {
		t.Errorf("with a key: %+v, %v", reply, err)
	}
	if n := size(); n != 2 {
		t.Errorf("with a key the object has %d bytes", n)
	}
	// Without one it was done, and nobody knows.
	before := rig.Runs()
	p.lose.Store(1)
	if err := count(client.Timeout(time.Second)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("without a key: %v", err)
	}
	if runs := rig.Runs() - before; runs != 1 {
		t.Errorf("without a key the method ran %d times", runs)
	}
	p.lose.Store(1)
	if _, err := ioctx.WriteFull(ctx, "w", nil); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("WriteFull: %v", err)
	}
	if n := size(); n != 3 {
		t.Errorf("without a key the object has %d bytes", n)
	}
}

// Retries are bounded, and can be turned off.
func TestRetriesAreBounded(t *testing.T) {
	for retries, want := range map[int]int64{0: 6, 2: 3, -1: 1} {
		conn, p, rig := dialProxy(t, client.Options{Retries: retries})
		ioctx := conn.OpenIOContext("p")
		p.lose.Store(1000)
		if _, err := ioctx.ReadFull(t.Context(), "o"); !errors.Is(err, syscall.ECONNRESET) || p.lost.Load() != want {
			t.Errorf("Retries %d: %v, after %d attempts, want %d", retries, err, p.lost.Load(), want)
		}
		p.lose.Store(0)

		// What the daemon has no room for is tried again; what a method calls EBUSY is its answer.
		for kind, want := range map[string]int64{"busy": want, "op": 1} {
			before := rig.Runs()
			var e *client.Error
			_, err := ioctx.Exec(t.Context(), "o", "test", "fail", []byte("16 "+kind+" no"))
			if runs := rig.Runs() - before; !errors.As(err, &e) || e.Errno != syscall.EBUSY || e.Kind != kind || runs != want {
				t.Errorf("Retries %d, EBUSY of kind %s: %v, after %d attempts, want %d", retries, kind, err, runs, want)
			}
		}
	}
}

// A context that ends during a pause ends the operation, with what was known until then.
func TestRetriesEndWithTheContext(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	conn, err := client.DialOptions(rig.RESP, client.Options{Backoff: time.Hour, Retries: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Shutdown()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for rig.Runs() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := conn.OpenIOContext("p").Exec(ctx, "o", "test", "fail", []byte("16 busy no")); !errors.Is(err, syscall.EBUSY) && !errors.Is(err, context.Canceled) {
		t.Errorf("the call: %v", err)
	}
	if runs := rig.Runs(); runs != 1 {
		t.Errorf("the method ran %d times", runs)
	}
}

// A context that ends while a connection is made is what the error is.
func TestContextEndsWhileDialling(t *testing.T) {
	conn, p, _ := dialProxy(t, client.Options{DialTimeout: time.Hour})
	p.silent.Store(true)
	read := func(ctx context.Context) error {
		ended := make(chan error, 1)
		go func() {
			_, err := conn.OpenIOContext("p").ReadFull(ctx, "o")
			ended <- err
		}()
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Minute):
			return errors.New("it goes on")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a deadline: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// A daemon that is started again within the retries is found, by writes too: nothing was sent while there was none.
func TestDaemonThatComesBack(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := newProxy(t, rig.RESP)
	conn, err := client.DialOptions(p.Addr().String(), client.Options{Retries: 1 << 30, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Shutdown()
	addr := p.Addr().String()
	p.Close()
	written := make(chan error)
	go func() {
		_, err := conn.OpenIOContext("p").WriteFull(t.Context(), "o", nil)
		written <- err
	}()
	select {
	case err := <-written:
		t.Fatalf("without a daemon: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("the port is taken: %v", err)
	}
	defer l.Close()
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(nc)
		}
	}()
	if err := <-written; err != nil {
		t.Errorf("with a daemon again: %v", err)
	}
}

// The commands that are sent again are those of which the daemon says that they only read.
func TestReadsAreTheDaemons(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	redis, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{rig.RESP}, ForceSingleClient: true, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	defer redis.Close()
	commands, err := redis.Do(t.Context(), redis.B().Arbitrary("COMMAND").Build()).ToArray()
	if err != nil || len(commands) < 20 {
		t.Fatalf("%d commands, %v", len(commands), err)
	}
	for _, command := range commands {
		fields, err := command.ToArray()
		if err != nil {
			t.Fatal(err)
		}
		name, _ := fields[0].ToString()
		flags, err := fields[2].AsStrSlice()
		if err != nil {
			t.Fatal(err)
		}
		ours := slices.ContainsFunc([]string{"obj.", "pool.", "class.", "call."}, func(begin string) bool { return strings.HasPrefix(name, begin) })
		if reads := slices.Contains(flags, "readonly"); ours && reads != client.Reads[strings.ToUpper(name)] {
			t.Errorf("%s has the flags %v, and is in the table reads of retry.go: %s", name, flags, strconv.FormatBool(!reads))
		}
	}
}
