// This file tests which connections carry operations.

package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// clients returns how many connections the daemon has, beside the one that asks.
func clients(t *testing.T, rig *servertest.Rig) int {
	t.Helper()
	nc, err := net.Dial("tcp", rig.RESP)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, "INFO\r\nQUIT\r\n"); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(nc)
	_, after, found := strings.Cut(string(text), "connected_clients:")
	number, _, _ := strings.Cut(after, "\r")
	n, _ := strconv.Atoi(number)
	if err != nil || !found {
		t.Fatalf("%q, %v", text, err)
	}
	return n - 1
}

// known has the daemon know that a method is short.
func known(t *testing.T, ioctx *client.IOContext) {
	t.Helper()
	if _, err := ioctx.Exec(t.Context(), "o", "test", "echo", nil); err != nil {
		t.Fatal(err)
	}
}

// long starts a call that runs until its context ends or for a minute, and returns when it runs.
func long(t *testing.T, ctx context.Context, rig *servertest.Rig, ioctx *client.IOContext) (ended chan error) {
	ended = make(chan error, 1)
	go func() {
		_, err := ioctx.Exec(ctx, "o", "test", "wait", nil, client.Timeout(time.Minute))
		ended <- err
	}()
	for rig.Service.Stats().Running == 0 {
		time.Sleep(time.Millisecond)
	}
	return ended
}

// quiet waits until no method runs.
func quiet(t *testing.T, rig *servertest.Rig) {
	t.Helper()
	for end := time.Now().Add(time.Minute); rig.Service.Stats().Running > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a method runs on")
		}
	}
}

// A call ends with its context, whether that is canceled or has a deadline, or both; so does its method.
func TestCancel(t *testing.T) {
	conn, rig := dial(t)
	ioctx := conn.OpenIOContext("p")
	for name, makeContext := range map[string]func() (context.Context, context.CancelFunc){
		"without deadline": func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) },
		"with deadline":    func() (context.Context, context.CancelFunc) { return context.WithTimeout(t.Context(), time.Hour) },
	} {
		ctx, cancel := makeContext()
		ended := long(t, ctx, rig, ioctx)
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		quiet(t, rig)
	}
	if _, err := ioctx.Exec(t.Context(), "o", "test", "echo", nil); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

// The method is told how long its caller waits, when that is less than what it would have.
func TestDeadlineReachesTheMethod(t *testing.T) {
	conn, rig := dial(t)
	ioctx := conn.OpenIOContext("p")
	for _, tt := range []struct {
		wait    time.Duration // until the deadline; 0 for none
		timeout time.Duration // 0 for none
		most    time.Duration // of the budget
		least   time.Duration
	}{
		{0, 0, time.Second, time.Second},
		{0, 3 * time.Second, 3 * time.Second, 3 * time.Second},
		{time.Hour, 0, time.Second, time.Second},
		{time.Hour, 3 * time.Second, 3 * time.Second, 3 * time.Second},
		{30 * time.Second, 50 * time.Second, 30*time.Second - 10*time.Millisecond, time.Second},
		{900 * time.Millisecond, 0, 890 * time.Millisecond, time.Millisecond},
	} {
		ctx, cancel := t.Context(), func() {}
		if tt.wait > 0 {
			ctx, cancel = context.WithTimeout(ctx, tt.wait)
		}
		var opts []client.CallOption
		if tt.timeout > 0 {
			opts = append(opts, client.Timeout(tt.timeout))
		}
		_, err := ioctx.Exec(ctx, "o", "test", "echo", nil, opts...)
		if budget := rig.LastBudget().Wall; err != nil || budget > tt.most || budget < tt.least {
			t.Errorf("%v until the deadline, timeout %v: budget %v, %v", tt.wait, tt.timeout, budget, err)
		}
		cancel()
	}

	// A method that runs out of the time that was left tells both.
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var e *client.Error
	_, err := ioctx.Exec(ctx, "o", "test", "fail", []byte("110 trap:deadline a.lua:1: slow"), client.Timeout(time.Minute))
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, syscall.ETIMEDOUT) || !errors.As(err, &e) || e.Message != "a.lua:1: slow" {
		t.Errorf("a method that was overdue: %v", err)
	}
	_, err = ioctx.Exec(ctx, "o", "test", "fail", []byte("110 trap:deadline a.lua:1: slow"), client.Timeout(time.Second))
	if errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("a method that was slow while its caller waits: %v", err)
	}
}

// No more connections are made than were allowed; calls wait for one.
func TestMaxConnections(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	conn, err := client.DialOptions(rig.RESP, client.Options{MaxConnections: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Shutdown()
	ioctx := conn.OpenIOContext("p")
	known(t, ioctx)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := ioctx.Exec(t.Context(), "o", "test", "echo", nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := clients(t, rig); n > 3 { // one is made by Dial, and shared
		t.Errorf("%d connections", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	first := long(t, ctx, rig, ioctx)
	second := make(chan error, 1)
	go func() {
		_, err := ioctx.Exec(ctx, "o", "test", "wait", nil, client.Timeout(time.Minute))
		second <- err
	}()
	waiting, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	for err == nil { // until both connections are taken
		_, err = ioctx.Exec(waiting, "o", "test", "echo", nil)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call without a connection: %v", err)
	}
	cancel()
	<-first
	<-second
	quiet(t, rig)
}

// Operations of a pipelined context share one connection, and get their own replies.
func TestPipelined(t *testing.T) {
	conn, rig := dial(t)
	before := clients(t, rig)
	ioctx := conn.OpenIOContext("p")
	ioctx.SetNamespace("n")
	shared := ioctx.Pipelined()
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			input := []byte(strconv.Itoa(i))
			if reply, err := shared.Exec(t.Context(), "o", "test", "echo", input); err != nil || !bytes.Equal(reply.Output, input) {
				t.Errorf("%s: %q, %v", input, reply.Output, err)
			}
			if _, err := shared.WriteFull(t.Context(), "o"+strconv.Itoa(i), input); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := clients(t, rig); n != before {
		t.Errorf("%d connections more", n-before)
	}
	if data, err := ioctx.ReadFull(t.Context(), "o7"); string(data) != "7" || err != nil {
		t.Errorf("ReadFull: %q, %v", data, err)
	}

}

// Of the calls that share a connection, those end whose contexts do, running or behind others, and no other one: of 30 that are all the
// same, each third is canceled.
func TestPipelinedCancel(t *testing.T) {
	conn, rig := dial(t)
	shared := conn.OpenIOContext("p").Pipelined()
	ctx, cancel := context.WithCancel(t.Context())
	var canceled []chan error
	canceled = append(canceled, long(t, ctx, rig, shared)) // holds up the others until all are sent
	var wg sync.WaitGroup
	begin := func(ctx context.Context, input string) chan error {
		ended := make(chan error, 1)
		wg.Go(func() {
			reply, err := shared.Exec(ctx, "o", "test", "wait", []byte(input), client.Timeout(time.Minute))
			if err == nil && string(reply.Output) != "waited" {
				err = fmt.Errorf("the output is %q", reply.Output)
			}
			ended <- err
		})
		return ended
	}
	patient, enough := context.WithTimeout(t.Context(), 3*time.Minute)
	defer enough()
	var others []chan error
	for i := range 30 {
		if i%3 == 0 {
			canceled = append(canceled, begin(ctx, ""))
		} else {
			others = append(others, begin(patient, "5"))
		}
	}
	before := rig.Runs()
	cancel()
	for i, ended := range canceled {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("canceled call %d: %v", i, err)
		}
	}
	wg.Wait()
	for i, ended := range others {
		if err := <-ended; err != nil {
			t.Errorf("call %d of those that were not canceled: %v", i, err)
		}
	}
	quiet(t, rig)
	if ran := rig.Runs() - before; ran < int64(len(others)) {
		t.Errorf("%d methods ran", ran)
	}
	if _, err := shared.Exec(patient, "o", "test", "echo", nil); err != nil {
		t.Errorf("a call afterwards: %v", err)
	}
}

// A call that is canceled behind another one does not end that.
func TestPipelinedCancelBehind(t *testing.T) {
	conn, rig := dial(t)
	shared := conn.OpenIOContext("p").Pipelined()
	running, stop := context.WithCancel(t.Context())
	defer stop()
	first := long(t, running, rig, shared)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := shared.Exec(ctx, "o", "test", "wait", nil, client.Timeout(time.Minute)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the call behind: %v", err)
	}
	time.Sleep(200 * time.Millisecond) // of attempts to end it
	select {
	case err := <-first:
		t.Fatalf("the call before ended: %v", err)
	default:
	}
	stop()
	<-first
	quiet(t, rig)
}

func TestBatch(t *testing.T) {
	conn, rig := dial(t)
	before := clients(t, rig)
	ctx, ioctx := t.Context(), conn.OpenIOContext("p")
	sizes := make([]string, 1000) // more than one round
	var ops []func(*client.IOContext) error
	for i := range sizes {
		ops = append(ops, func(b *client.IOContext) error {
			reply, err := b.Exec(ctx, "counted", "test", "count", nil)
			sizes[i] = string(reply.Output)
			return err
		})
	}
	if err := ioctx.Batch(ctx, ops...); err != nil {
		t.Fatal(err)
	}
	for i, size := range sizes {
		if size != strconv.Itoa(i+1) {
			t.Fatalf("operation %d came as number %s", i, size)
		}
	}
	if n := clients(t, rig); n > before+1 {
		t.Errorf("%d connections more", n-before)
	}

	// Of several operations in a function, each sees what those before it did. Errors are each function's own.
	var left *client.IOContext
	err := ioctx.Batch(ctx,
		func(b *client.IOContext) error {
			if _, err := b.WriteFull(ctx, "a", []byte("1")); err != nil {
				return err
			}
			if data, err := b.ReadFull(ctx, "a"); string(data) != "1" || err != nil {
				return fmt.Errorf("ReadFull: %q, %w", data, err)
			}
			return b.Delete(ctx, "a")
		},
		func(b *client.IOContext) error { left = b; return nil },
		func(b *client.IOContext) error { return b.Delete(ctx, "absent") },
		func(b *client.IOContext) error {
			for oid, err := range b.ListObjects(ctx) {
				if err != nil || oid == "" {
					return err
				}
			}
			return nil
		},
	)
	if !errors.Is(err, syscall.ENOENT) || err.Error() != "ENOENT: object does not exist" {
		t.Errorf("the batch: %v", err)
	}
	if _, err := left.Stat(ctx, "a"); err == nil {
		t.Error("an IOContext of a batch outlived it")
	}
	if err := ioctx.Batch(ctx); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
}

// A batch with more data both ways than the sockets hold does not stand still.
func TestBatchOfMuchData(t *testing.T) {
	conn, _ := dial(t)
	ioctx := conn.OpenIOContext("p")
	input := bytes.Repeat([]byte{'x'}, 1<<20)
	var ops []func(*client.IOContext) error
	for range 40 {
		ops = append(ops, func(b *client.IOContext) error {
			reply, err := b.Exec(context.Background(), "o", "test", "echo", input)
			if err == nil && !bytes.Equal(reply.Output, input) {
				err = errors.New("another output")
			}
			return err
		})
	}
	if err := ioctx.Batch(context.Background(), ops...); err != nil {
		t.Error(err)
	}
}

// An operation of a batch ends with its own context, and those behind it go on.
func TestOperationOfABatchIsCanceled(t *testing.T) {
	conn, rig := dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	patient, enough := context.WithTimeout(t.Context(), time.Minute)
	defer enough()
	var canceled, other error
	ended := make(chan error)
	go func() {
		ended <- conn.OpenIOContext("p").Batch(patient,
			func(b *client.IOContext) error {
				_, canceled = b.Exec(ctx, "o", "test", "wait", nil, client.Timeout(time.Minute))
				return nil
			},
			func(b *client.IOContext) error {
				_, other = b.Exec(patient, "o", "test", "wait", []byte("5"), client.Timeout(time.Minute))
				return nil
			})
	}()
	for rig.Service.Stats().Running == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil || !errors.Is(canceled, context.Canceled) || other != nil {
		t.Errorf("the batch: %v; the call that was canceled: %v; the other one: %v", err, canceled, other)
	}
	quiet(t, rig)
}

// A batch ends with its context, and so does the method that runs; those behind it do not begin.
func TestBatchIsCanceled(t *testing.T) {
	conn, rig := dial(t)
	ioctx := conn.OpenIOContext("p")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- ioctx.Batch(ctx,
			func(b *client.IOContext) error {
				_, err := b.Exec(ctx, "o", "test", "wait", nil, client.Timeout(time.Minute))
				return err
			},
			func(b *client.IOContext) error {
				_, err := b.WriteFull(ctx, "behind", nil)
				return err
			})
	}()
	for rig.Service.Stats().Running == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the batch: %v", err)
	}
	quiet(t, rig)
	if _, err := ioctx.Stat(t.Context(), "behind"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("the operation behind the one that was canceled: %v", err)
	}
}
