// This file is an engine for tests: its methods are Go functions, and a class's source is a list of them.

package objclass

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/store"
)

// testMethod is a method in Go. It returns what a method in Lua returns, and a Go error where one in Lua raises one.
type testMethod func(ctx context.Context, inv *Invocation) (ret int32, output []byte, err error)

// testEngine runs Go functions by their names. A source is lines of "method FLAGS", "require NAME" and "return"; everything
// else does not compile.
type testEngine struct {
	methods  map[string]testMethod
	loads    atomic.Int64
	runs     atomic.Int64
	running  atomic.Int64
	most     atomic.Int64 // that ran at once
	manifest Table        // that every class gives from now on
	image    int64        // and its size
}

func (e *testEngine) Load(_ context.Context, u *Unit, _ Budget) (Loaded, error) {
	e.loads.Add(1)
	var methods []Method
	value := false
	for i, line := range strings.Split(strings.TrimSpace(string(u.Source)), "\n") {
		if line == "" || strings.HasPrefix(line, "--") {
			continue
		}
		if line == "return" {
			value = true
			continue
		}
		name, flags, ok := strings.Cut(line, " ")
		if name == "require" {
			if _, ok := u.Requires[flags]; ok {
				continue
			}
			return Loaded{}, Errorf(syscall.EINVAL, KindClass, "%w", &MissingModule{flags, fmt.Sprintf("%s:%d", u.Name, i+1)})
		}
		if !ok {
			return Loaded{}, Errorf(syscall.EIO, KindScript, "%s:%d: syntax error near %q", u.Name, i+1, line)
		}
		m := Method{Name: name}
		if strings.Contains(flags, "RD") {
			m.Flags |= RD
		}
		if strings.Contains(flags, "WR") {
			m.Flags |= WR
		}
		methods = append(methods, m)
	}
	return Loaded{Methods: methods, Manifest: e.manifest, ManifestAt: u.Name + ":1: ", ImageBytes: e.image, Value: value}, nil
}

func (e *testEngine) Run(ctx context.Context, inv *Invocation) (Result, error) {
	e.runs.Add(1)
	running := e.running.Add(1)
	defer e.running.Add(-1)
	for most := e.most.Load(); running > most && !e.most.CompareAndSwap(most, running); most = e.most.Load() {
	}
	method, ok := e.methods[inv.Method]
	if !ok {
		return Result{}, Errorf(syscall.EIO, KindScript, "handler %q is not registered", inv.Method)
	}
	began := time.Now()
	ret, output, err := method(ctx, inv)
	usage := Usage{CPU: max(time.Since(began).Truncate(time.Millisecond), 10), PeakBytes: 100}
	if err != nil {
		e := *OpError(err)
		e.Usage = usage
		return Result{}, &e
	}
	return Result{Ret: ret, Output: output, Usage: usage}, nil
}

func (e *testEngine) Stats() EngineStats { return EngineStats{Busy: int(e.running.Load())} }
func (e *testEngine) Close()             {}

// onObject makes a method of a function over its object.
func onObject(fn func(o *Object, input []byte) ([]byte, error)) testMethod {
	return func(_ context.Context, inv *Invocation) (int32, []byte, error) {
		output, err := fn(inv.Object, inv.Input)
		return 0, output, err
	}
}

// increment counts in the object's data, one byte for each call.
func increment(o *Object, _ []byte) ([]byte, error) {
	size, _, err := o.Stat()
	if store.Errno(err) == syscall.ENOENT {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if err := o.Write(size, []byte{'x'}); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%d", size+1), nil
}

// wait returns a method that says when it started and goes on when it is let. A canceled one ends as a trap.
func wait(started chan<- struct{}, goOn <-chan struct{}) testMethod {
	return func(ctx context.Context, inv *Invocation) (int32, []byte, error) {
		started <- struct{}{}
		select {
		case <-goOn:
			return 0, nil, nil
		case <-ctx.Done():
			return 0, nil, Errorf(syscall.ECANCELED, TrapCanceled, "canceled")
		}
	}
}

// house is a service under test with what it is made of.
type house struct {
	*Service
	store  *memStore
	engine *testEngine
}

// newHouse returns a service over a pool "p", with class "test" of all the methods: those whose name begins with "rd" are
// RD, all others RD|WR.
func newHouse(t *testing.T, opts Options, methods map[string]testMethod) *house {
	t.Helper()
	mem := newMemStore("p")
	return newHouseOver(t, mem, mem, opts, methods)
}

// newHouseOver is newHouse over a store of which mem is what it keeps.
func newHouseOver(t *testing.T, st store.Store, mem *memStore, opts Options, methods map[string]testMethod) *house {
	t.Helper()
	h := &house{store: mem, engine: &testEngine{methods: methods}}
	var err error
	if h.Service, err = NewService(st, h.engine, opts); err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for name := range methods {
		flags := RD | WR
		if strings.HasPrefix(name, "rd") {
			flags = RD
		}
		fmt.Fprintln(&source, name, flags)
	}
	if len(methods) > 0 {
		if _, err := h.Classes().Install(t.Context(), "test", []byte(source.String())); err != nil {
			t.Fatal(err)
		}
		for name := range methods { // as if it had run: what is unknown counts as long
			h.know(t, name, time.Microsecond)
		}
	}
	t.Cleanup(func() {
		if _, open, _ := h.store.counts(); open != 0 {
			t.Errorf("%d snapshots were not closed", open)
		}
		if stats := h.Stats(); stats.Calls != 0 || stats.Running != 0 {
			t.Errorf("when all calls had ended there were %+v", stats)
		}
		for i := range h.objects.locks.shards {
			if n := len(h.objects.locks.shards[i].held); n != 0 {
				t.Errorf("%d locks were not released", n)
			}
		}
	})
	return h
}

// know has a method count as one whose runs take that long.
func (h *house) know(t *testing.T, method string, run time.Duration) {
	t.Helper()
	version, _, err := h.Classes().resolve(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if m := version.methods[method]; m != nil {
		m.pace.average.Store(int64(run))
	}
}

func (h *house) call(ctx context.Context, oid, method string) (Reply, error) {
	return h.Exec(ctx, Call{Ref: ref(oid), Class: "test", Method: method})
}

func ref(oid string) store.Ref { return store.Ref{Pool: "p", OID: oid} }

// data returns an object's data, "(absent)" when there is no such object.
func (h *house) data(t *testing.T, oid string) (data string) {
	t.Helper()
	err := h.View(context.Background(), ref(oid), func(o *store.Overlay) error {
		if !o.Exists() {
			data = "(absent)"
			return nil
		}
		b, err := o.Read(0, o.Size())
		data = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wantError checks errno and kind of a failed call, and that its message has the text.
func wantError(t *testing.T, err error, errno syscall.Errno, kind Kind, text string) *Error {
	t.Helper()
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("error is %T (%v), want *Error", err, err)
	}
	if e.Errno != uint64(errno) || e.Kind != kind || !strings.Contains(e.Message, text) {
		t.Errorf("error is %s %s %q, want %v %s with %q", e.ErrnoName(), e.Kind, e.Message, errno, kind, text)
	}
	return e
}
