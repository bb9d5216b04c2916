// This file tests the client against a server whose methods are Go functions.

package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func dial(t *testing.T) (*client.Conn, *servertest.Rig) {
	t.Helper()
	rig := servertest.Start(t, server.Options{})
	conn, err := client.Dial(rig.RESP)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Shutdown)
	return conn, rig
}

func TestObjects(t *testing.T) {
	conn, _ := dial(t)
	ctx, ioctx := t.Context(), conn.OpenIOContext("p")
	if _, err := ioctx.Stat(ctx, "o"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("Stat: %v", err)
	}
	if _, err := ioctx.ReadFull(ctx, "o"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("ReadFull: %v", err)
	}
	if err := ioctx.Delete(ctx, "o"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("Delete: %v", err)
	}
	large := strings.Repeat("0123456789abcdef\r\n\x00\xff", 1<<16)
	version, err := ioctx.WriteFull(ctx, "o", []byte(large))
	if err != nil || version == 0 {
		t.Fatalf("WriteFull: %d, %v", version, err)
	}
	if data, err := ioctx.ReadFull(ctx, "o"); string(data) != large || err != nil {
		t.Errorf("ReadFull: %d bytes, %v", len(data), err)
	}
	part := make([]byte, 8)
	if n, err := ioctx.Read(ctx, "o", part, 12); string(part[:n]) != "cdef\r\n\x00\xff" || err != nil {
		t.Errorf("Read: %q, %v", part[:n], err)
	}
	if n, err := ioctx.Read(ctx, "o", part, uint64(len(large)-2)); n != 2 || err != nil {
		t.Errorf("Read at the end: %d, %v", n, err)
	}
	if st, err := ioctx.Stat(ctx, "o"); st.Size != uint64(len(large)) || st.Version != version || time.Since(st.ModTime) > time.Minute || err != nil {
		t.Errorf("Stat: %+v, %v", st, err)
	}
	ioctx.SetNamespace("n/s")
	if _, err := ioctx.Stat(ctx, "o"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("Stat in another namespace: %v", err)
	}
	ioctx.SetNamespace("")
	if err := ioctx.Delete(ctx, "o"); err != nil {
		t.Errorf("Delete: %v", err)
	}
}

func TestListObjects(t *testing.T) {
	conn, _ := dial(t)
	ioctx := conn.OpenIOContext("p")
	list := func() (oids []string) {
		for oid, err := range ioctx.ListObjects(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			oids = append(oids, oid)
		}
		return oids
	}
	if got := list(); len(got) != 0 {
		t.Errorf("an empty pool lists %q", got)
	}
	var want []string
	for i := range 1001 { // more than a page
		want = append(want, fmt.Sprintf("%04d\n\xff", i))
	}
	var wg sync.WaitGroup
	for part := range slices.Chunk(want, 100) {
		wg.Go(func() {
			for _, oid := range part {
				if _, err := ioctx.WriteFull(t.Context(), oid, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := list(); !slices.Equal(got, want) {
		t.Errorf("%d objects, %.100q…", len(got), got)
	}
	for oid := range ioctx.ListObjects(t.Context()) {
		if oid != want[0] {
			t.Errorf("the first is %q", oid)
		}
		break
	}
	for _, err := range conn.OpenIOContext("nosuch").ListObjects(t.Context()) {
		if !errors.Is(err, syscall.ENOENT) {
			t.Errorf("in a pool that does not exist: %v", err)
		}
	}
}

func TestCalls(t *testing.T) {
	conn, rig := dial(t)
	ctx, ioctx := t.Context(), conn.OpenIOContext("p")
	reply, err := ioctx.Exec(ctx, "o", "test", "echo", []byte("in\x00\r\n"))
	if err != nil || string(reply.Output) != "in\x00\r\n" || len(reply.ClassVersion) != 64 || reply.CPU != 12*time.Microsecond || reply.PeakBytes != 345 {
		t.Errorf("Exec: %+v, %v", reply, err)
	}
	if reply, err = ioctx.Exec(ctx, "o", "test", "ret", []byte("7")); reply.Ret != 7 || err != nil {
		t.Errorf("Exec: %+v, %v", reply, err)
	}
	if reply, err = ioctx.Exec(ctx, "o", "test", "count", nil, client.Timeout(time.Second)); string(reply.Output) != "1" || reply.Version == 0 || err != nil {
		t.Errorf("Exec: %+v, %v", reply, err)
	}
	if _, err = ioctx.Exec(ctx, "o", "test", "count", nil, client.ReadOnly()); !errors.Is(err, syscall.EPERM) {
		t.Errorf("Exec, read-only: %v", err)
	}
	if reply, err = ioctx.Eval(ctx, "o", []byte("-- any"), "echo", []byte("x")); string(reply.Output) != "x" || err != nil {
		t.Errorf("Eval: %+v, %v", reply, err)
	}

	_, err = ioctx.Exec(ctx, "o", "test", "fail", []byte("110 trap:deadline a.lua:1: slow"))
	var e *client.Error
	if !errors.As(err, &e) || e.Errno != syscall.ETIMEDOUT || e.Kind != "trap:deadline" || e.Message != "a.lua:1: slow" ||
		!strings.HasPrefix(e.Traceback, "stack traceback:\n\ttest.lua:1") || err.Error() != "ETIMEDOUT: a.lua:1: slow" {
		t.Errorf("error %#v", err)
	}
	_, err = ioctx.Exec(ctx, "o", "test", "ret", []byte("-54321"))
	if !errors.As(err, &e) || e.Errno != 54321 || e.ErrnoName() != "E54321" || e.Kind != "op" {
		t.Errorf("error %#v", err)
	}
	if _, err = ioctx.Exec(ctx, "o", "nosuch", "echo", nil); !errors.Is(err, syscall.EOPNOTSUPP) {
		t.Errorf("error %#v", err)
	}

	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err = ioctx.Exec(short, "o", "test", "wait", nil, client.Timeout(time.Minute)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	for end := time.Now().Add(5 * time.Second); rig.Service.Stats().Running > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the method runs on after its call was canceled")
		}
	}
}

// TestConcurrentCalls checks that a long call does not hold up short ones.
func TestConcurrentCalls(t *testing.T) {
	conn, rig := dial(t)
	ioctx := conn.OpenIOContext("p")
	if _, err := ioctx.Exec(t.Context(), "o", "test", "echo", nil); err != nil { // the daemon knows then that it is short
		t.Fatal(err)
	}
	long := make(chan error)
	go func() {
		_, err := ioctx.Exec(t.Context(), "o", "test", "wait", []byte("2000"), client.Timeout(time.Minute))
		long <- err
	}()
	for rig.Service.Stats().Running == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 20 {
		if _, err := ioctx.Exec(t.Context(), "o", "test", "echo", nil); err != nil {
			t.Error(err)
		}
	}
	if rig.Service.Stats().Running == 0 {
		t.Error("the short calls came after the long one")
	}
	if err := <-long; err != nil {
		t.Error(err)
	}
}

// TestOperator lists and ends the calls of another client.
func TestOperator(t *testing.T) {
	conn, _ := dial(t)
	ctx := t.Context()
	if calls, err := conn.Calls(ctx); len(calls) != 0 || err != nil {
		t.Errorf("Calls: %+v, %v", calls, err)
	}
	ioctx := conn.OpenIOContext("p")
	ioctx.SetNamespace("n")
	ended := make(chan error)
	go func() {
		_, err := ioctx.Eval(ctx, "o\xff", []byte("--"), "wait", nil, client.Timeout(time.Minute))
		ended <- err
	}()
	calls, err := conn.Calls(ctx)
	for err == nil && (len(calls) == 0 || calls[0].State != "running") {
		time.Sleep(time.Millisecond)
		calls, err = conn.Calls(ctx)
	}
	if err != nil || len(calls) != 1 {
		t.Fatalf("Calls: %+v, %v", calls, err)
	}
	got := calls[0]
	if got.Age < got.Ran || got.Ran <= 0 || !strings.HasPrefix(got.Client, "127.0.0.1:") {
		t.Errorf("the call is %+v", got)
	}
	want := client.CallInfo{ID: got.ID, State: "running", Age: got.Age, Ran: got.Ran, Pool: "p", Namespace: "n", OID: "o\xff",
		Class: "eval", Script: true, Method: "wait", Client: got.Client}
	if got != want {
		t.Errorf("the call is\n%+v, want\n%+v", got, want)
	}
	if err := conn.Kill(ctx, got.ID); err != nil {
		t.Errorf("Kill: %v", err)
	}
	var e *client.Error
	if err := <-ended; !errors.As(err, &e) || e.ErrnoName() != "ECANCELED" || e.Kind != "trap:canceled" || !strings.Contains(e.Message, "killed by an operator") {
		t.Errorf("the killed call gave %v", err)
	}
	if err := conn.Kill(ctx, got.ID); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("Kill again: %v", err)
	}
}

func TestClasses(t *testing.T) {
	conn, _ := dial(t)
	ctx := t.Context()
	version, err := conn.InstallClass(ctx, "mine", []byte("echo RD\ncount WR\n"))
	if err != nil || len(version) != 64 {
		t.Fatalf("InstallClass: %q, %v", version, err)
	}
	class, err := conn.ShowClass(ctx, "mine@"+version[:6])
	if err != nil || class.Name != "mine" || class.Version != version || !class.Active || string(class.Source) != "echo RD\ncount WR\n" ||
		len(class.Methods) != 2 || class.Methods["count"] != "RD|WR" || !slices.Equal(class.Versions, []string{version}) {
		t.Errorf("ShowClass: %+v, %v", class, err)
	}
	classes, err := conn.ListClasses(ctx)
	if err != nil || len(classes) != 2 || classes[0].Name != "mine" || classes[1].Name != "test" || classes[0].Source != nil {
		t.Errorf("ListClasses: %+v, %v", classes, err)
	}
	var e *client.Error
	if _, err = conn.InstallClass(ctx, "bad", []byte("nosuch RD")); !errors.As(err, &e) || e.Kind != "script" {
		t.Errorf("InstallClass: %v", err)
	}
	if _, err = conn.ShowClass(ctx, "nosuch"); !errors.As(err, &e) || e.Kind != "class" {
		t.Errorf("ShowClass: %v", err)
	}
}

func TestConnections(t *testing.T) {
	conn, rig := dial(t)
	if err := conn.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := client.Dial(rig.HTTP); err == nil {
		t.Error("a port of another protocol was taken for a daemon's")
	}
	if _, err := conn.OpenIOContext("p").Exec(t.Context(), "o", "test", "panic", nil); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a connection that the server closed: %v", err)
	}
	if err := rig.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := client.Dial(rig.RESP); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Dial where nobody listens: %v", err)
	}
}
