// Package servertest starts a server for tests of the wire: on real sockets, over a store in memory and an engine whose
// methods are Go functions. It has clients of both protocols that see every byte, too.
package servertest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/metrics"
	"github.com/objluad/objluad/store/pebblestore"
)

// Method is a method in Go. It returns what a method in Lua returns, and an error where one in Lua raises one.
type Method func(ctx context.Context, inv *objclass.Invocation) (ret int32, output []byte, err error)

// Methods are those of class "test". Scripts reach them too, as handlers.
var Methods = map[string]Method{
	"echo":  func(_ context.Context, inv *objclass.Invocation) (int32, []byte, error) { return 0, inv.Input, nil },
	"count": count,
	"once":  once,
	"late":  late,
	"ret":   ret,
	"big":   big,
	"fail":  fail,
	"wait":  wait,
	"stack": stack,
	"panic": func(context.Context, *objclass.Invocation) (int32, []byte, error) { panic(PanicMessage) },
}

// PanicMessage is what the method named panic says.
const PanicMessage = "a bug of the engine"

// count appends a byte to the object and returns its new size.
func count(_ context.Context, inv *objclass.Invocation) (int32, []byte, error) {
	data, err := inv.Object.Read(0, 0)
	if err != nil {
		return 0, nil, err
	}
	if err := inv.Object.Write(int64(len(data)), []byte{'x'}); err != nil {
		return 0, nil, err
	}
	return 0, strconv.AppendInt(nil, int64(len(data)+1), 10), nil
}

// once is count on an object that is absent.
func once(ctx context.Context, inv *objclass.Invocation) (int32, []byte, error) {
	if err := inv.Object.Create(true); err != nil {
		return 0, nil, err
	}
	return count(ctx, inv)
}

// late is count at the end of as many milliseconds as its input says.
func late(ctx context.Context, inv *objclass.Invocation) (int32, []byte, error) {
	if _, _, err := wait(ctx, inv); err != nil {
		return 0, nil, err
	}
	return count(ctx, inv)
}

// ret returns the number that is its input.
func ret(_ context.Context, inv *objclass.Invocation) (int32, []byte, error) {
	n, err := strconv.ParseInt(string(inv.Input), 10, 32)
	return int32(n), nil, err
}

// big returns as many bytes as its input says, up to 128 MiB.
func big(_ context.Context, inv *objclass.Invocation) (int32, []byte, error) {
	n, err := strconv.Atoi(string(inv.Input))
	if err != nil || n < 0 || n > 128<<20 {
		return 0, nil, syscall.EINVAL
	}
	return 0, bytes.Repeat([]byte{'b'}, n), nil
}

// kinds are what kinds of errors look like.
var kinds = regexp.MustCompile(`^[a-z]+(:[a-z]+)?$`)

// fail fails with "errno kind message", and a traceback.
func fail(_ context.Context, inv *objclass.Invocation) (int32, []byte, error) {
	parts := strings.SplitN(string(inv.Input), " ", 3)
	errno, err := strconv.ParseUint(parts[0], 10, 16)
	if err != nil || len(parts) < 3 || !kinds.MatchString(parts[1]) {
		return 0, nil, syscall.EINVAL
	}
	e := objclass.Errorf(syscall.Errno(errno), objclass.Kind(parts[1]), "%s", parts[2])
	e.Traceback = "stack traceback:\n\ttest.lua:1: in function 'fail'\r\n-ERR injected"
	return 0, nil, e
}

// wait runs until it is canceled, or as many milliseconds as its input says.
func wait(ctx context.Context, inv *objclass.Invocation) (int32, []byte, error) {
	var over <-chan time.Time
	if ms, err := strconv.Atoi(string(inv.Input)); err == nil {
		over = time.After(time.Duration(ms) * time.Millisecond)
	}
	select {
	case <-over:
		return 0, []byte("waited"), nil
	case <-ctx.Done():
		return 0, nil, objclass.Errorf(syscall.ECANCELED, objclass.TrapCanceled, "canceled")
	}
}

// stack answers what called it, on its goroutine.
func stack(context.Context, *objclass.Invocation) (int32, []byte, error) {
	return 0, debug.Stack(), nil
}

// engine takes a source of lines "method flags"; another one does not compile.
type engine struct {
	busy, runs atomic.Int64
	last       atomic.Pointer[objclass.Budget]
}

func (e *engine) Load(_ context.Context, u *objclass.Unit, _ objclass.Budget) (objclass.Loaded, error) {
	if u.Script {
		return objclass.Loaded{}, nil
	}
	var methods []objclass.Method
	for line := range strings.Lines(string(u.Source)) {
		name, flags, _ := strings.Cut(strings.TrimSpace(line), " ")
		if Methods[name] == nil {
			return objclass.Loaded{}, objclass.Errorf(syscall.EIO, objclass.KindScript, "%s:1: syntax error near %q", u.Name, name)
		}
		m := objclass.Method{Name: name, Flags: objclass.RD}
		if flags == "WR" {
			m.Flags |= objclass.WR
		}
		methods = append(methods, m)
	}
	slices.SortFunc(methods, func(a, b objclass.Method) int { return strings.Compare(a.Name, b.Name) })
	return objclass.Loaded{Methods: methods}, nil
}

func (e *engine) Run(ctx context.Context, inv *objclass.Invocation) (objclass.Result, error) {
	e.runs.Add(1)
	budget := inv.Budget // the invocation is the caller's again when it has ended
	e.last.Store(&budget)
	e.busy.Add(1)
	defer e.busy.Add(-1)
	method := Methods[inv.Method]
	if method == nil {
		return objclass.Result{}, objclass.Errorf(syscall.EIO, objclass.KindScript, "%s: handler %q is not registered", inv.Unit.Name, inv.Method)
	}
	ret, output, err := method(ctx, inv)
	usage := objclass.Usage{CPU: 12 * time.Microsecond, PeakBytes: 345}
	if err != nil {
		e := *objclass.OpError(err)
		e.Usage = usage
		return objclass.Result{}, &e
	}
	return objclass.Result{Ret: ret, Output: output, Usage: usage}, nil
}

func (e *engine) Stats() objclass.EngineStats {
	return objclass.EngineStats{Slots: 1, Busy: int(e.busy.Load()), Created: 1}
}

func (e *engine) Close() {}

// Rig is a server under test.
type Rig struct {
	*server.Server
	Service *objclass.Service
	RESP    string // address
	HTTP    string // address
	engine  *engine
}

// Runs returns how many methods were run.
func (r *Rig) Runs() int64 { return r.engine.runs.Load() }

// LastBudget returns the budget of the method that began last.
func (r *Rig) LastBudget() objclass.Budget { return *r.engine.last.Load() }

// Start starts a server that has pools "default" and "p", and class "test" with all Methods. The test's end shuts it down.
func Start(t testing.TB, opts server.Options) *Rig {
	t.Helper()
	return StartWith(t, opts, objclass.Options{})
}

// StartWith is Start with a service of those bounds.
func StartWith(t testing.TB, opts server.Options, bounds objclass.Options) *Rig {
	t.Helper()
	return StartOn(t, vfs.NewMem(), opts, bounds)
}

// StartOn is StartWith with a store on that file system.
func StartOn(t testing.TB, fs vfs.FS, opts server.Options, bounds objclass.Options) *Rig {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	st, err := pebblestore.Open("data", pebblestore.Options{FS: fs, CacheSize: 1 << 20, MemTableSize: 4 << 20, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	if opts.Metrics == nil {
		opts.Metrics = metrics.New()
	}
	if opts.Logger == nil {
		opts.Logger = log
	}
	r := &Rig{engine: &engine{}}
	bounds.Observe, bounds.Logger = opts.Metrics.Observe, log
	r.Service, err = objclass.NewService(st, r.engine, bounds)
	if err != nil {
		t.Fatal(err)
	}
	for _, pool := range []string{"default", "p"} {
		if err := r.Service.CreatePool(t.Context(), pool); err != nil && objclass.OpError(err).Errno != uint64(syscall.EEXIST) {
			t.Fatal(err)
		}
	}
	if _, err := r.Service.Classes().Install(t.Context(), "test", []byte(Source())); err != nil {
		t.Fatal(err)
	}
	r.Server = server.New(r.Service, opts)
	var served [2]chan error
	r.RESP, served[0] = serve(t, r.ServeRESP)
	r.HTTP, served[1] = serve(t, r.ServeHTTP)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		for _, s := range served {
			if err := <-s; err != nil {
				t.Errorf("serving ended with %v", err)
			}
		}
		if err := r.Service.Drain(ctx); err != nil {
			t.Errorf("Drain: %v", err)
		}
		if err := st.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return r
}

func serve(t testing.TB, serve func(net.Listener) error) (addr string, served chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served = make(chan error, 1)
	go func() { served <- serve(l) }()
	return l.Addr().String(), served
}

// Source is the source of class "test".
func Source() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(Methods)) {
		flags := "RD"
		if name == "count" || name == "once" || name == "late" {
			flags = "WR"
		}
		fmt.Fprintln(&b, name, flags)
	}
	return b.String()
}
