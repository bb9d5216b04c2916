//go:build lua54

// The hammer: every kind of trap, at random among good calls, from many OS threads. Nothing may be wrong, and nothing may grow.

package luavm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/objluad/objluad/luavm/internal/rig"
	"github.com/objluad/objluad/objclass"
)

// A blow is a script, and the error that it must end with.
type blow struct {
	name, source string
	kind         objclass.Kind
	timeout      time.Duration // of those that do not end by themselves; the others must, however slow the machine is
	cancel       bool
	noObject     bool // so that an object operation panics, in Go
}

var blows = []blow{
	{name: "deadline at a line", source: "while true do end", kind: objclass.TrapDeadline, timeout: 3 * time.Millisecond},
	{name: "deadline in C", source: `("a"):rep(100):find(("a?"):rep(100) .. ("a"):rep(100))`, kind: objclass.TrapDeadline, timeout: 3 * time.Millisecond},
	{name: "cancel", source: "while true do pcall(error) end", kind: objclass.TrapCanceled, cancel: true},
	{name: "memory", source: "local t = {} while true do t[#t + 1] = ('x'):rep(10000) .. #t end", kind: objclass.TrapMemory},
	{name: "SIGSEGV", source: "pcall(crash.segv)", kind: objclass.TrapFault},
	{name: "SIGBUS", source: "pcall(crash.bus)", kind: objclass.TrapFault},
	{name: "SIGFPE", source: "pcall(crash.fpe)", kind: objclass.TrapFault},
	{name: "SIGILL", source: "pcall(crash.ill)", kind: objclass.TrapFault},
	{name: "SIGABRT", source: "pcall(crash.abort)", kind: objclass.TrapFault},
	{name: "C stack overflow", source: "pcall(crash.overflow)", kind: objclass.TrapFault},
	{name: "panic", source: "pcall(crash.panic)", kind: objclass.TrapPanic},
	{name: "host", source: "pcall(objclass.stat)", kind: objclass.TrapHost, noObject: true},
}

// One call's state must not be seen by the next, its writes must be read back, and its answer follows from its input.
const goodSource = `
calls = 0
function count(input, output)
	calls = calls + 1
	assert(calls == 1, "state of another call")
	local n = tonumber(input:str())
	local data = ("x"):rep(n % 3000)
	local b = bufferlist.new()
	b:append(data)
	objclass.write_full(b)
	objclass.map_set_vals({n = tostring(n)})
	assert(objclass.read(0, 0):str() == data and objclass.map_get_val("n"):str() == tostring(n))
	local t = {}
	for i = 1, n % 500 do t[i] = {i} end
	local sum = 0
	for _, v in ipairs(t) do sum = sum + v[1] end
	output:append(tostring(n + 1))
	return sum
end
objclass.register(count)`

const goodCall = "good"

// hammer is one phase: an engine under the hammer, and how many calls of each kind there were.
type hammer struct {
	engine *Engine
	stop   atomic.Bool
	calls  sync.Map // name → *atomic.Int64
}

func (h *hammer) count(name string) {
	n, _ := h.calls.LoadOrStore(name, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
}

// good makes one good call, whose counter stands at n.
func (h *hammer) good(n int) error {
	object, _ := newObject(objclass.RD | objclass.WR)
	unit := unitOf(goodCall, goodSource, false)
	result, err := h.engine.Run(context.Background(), &objclass.Invocation{
		Unit: unit, Method: "count", Input: []byte(strconv.Itoa(n)), Object: object, Budget: ampleBudget,
	})
	if err != nil {
		return fmt.Errorf("a good call: %w", err)
	}
	m := n % 500
	if int(result.Ret) != m*(m+1)/2 || string(result.Output) != strconv.Itoa(n+1) {
		return fmt.Errorf("a good call with %d answered %d, %q", n, result.Ret, result.Output)
	}
	data, err := object.Read(0, 0)
	if err != nil || len(data) != n%3000 || strings.Trim(string(data), "x") != "" {
		return fmt.Errorf("a good call with %d wrote %d bytes, %v", n, len(data), err)
	}
	return h.checkPristine(unit)
}

var ampleBudget = objclass.Budget{Wall: time.Hour, CPU: time.Hour, Output: 1 << 20}

func (h *hammer) strike(b *blow) error {
	unit := unitOf("eval", b.source, true)
	inv := &objclass.Invocation{Unit: unit, Budget: ampleBudget}
	if !b.noObject {
		inv.Object, _ = newObject(objclass.RD | objclass.WR)
	}
	if b.timeout > 0 {
		inv.Budget.Wall = 1 + rand.N(b.timeout)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if b.cancel {
		time.AfterFunc(rand.N(3*time.Millisecond), cancel)
	}
	_, err := h.engine.Run(ctx, inv)
	var e *objclass.Error
	if !errors.As(err, &e) || e.Kind != b.kind {
		return fmt.Errorf("%s ended with %v, want %s", b.name, err, b.kind)
	}
	return h.checkPristine(unit)
}

// checkPristine checks the VM of unit that ran last, unless another thread has it, or it is gone.
func (h *hammer) checkPristine(unit *objclass.Unit) error {
	s := h.engine.takeIdle(keyOf(unit))
	if s == nil {
		return nil
	}
	defer h.engine.giveBack(s)
	if !s.pristine() {
		return fmt.Errorf("a VM of %.40q is not its image", unit.Source)
	}
	return nil
}

// work makes calls on one OS thread until told to stop.
func (h *hammer) work() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for n := 0; !h.stop.Load(); {
		if rand.N(4) > 0 {
			if err := h.good(n); err != nil {
				return err
			}
			n++
			h.count(goodCall)
			continue
		}
		b := &blows[rand.N(len(blows))]
		if err := h.strike(b); err != nil {
			return err
		}
		h.count(b.name)
	}
	return nil
}

const hammerThreads = 16

// run hammers for that long, and returns what the process holds afterwards.
func (h *hammer) run(t *testing.T, duration time.Duration) footprint {
	h.engine = newEngine(t, Options{Arena: 1 << 20, Slots: 64})
	var workers sync.WaitGroup
	for range hammerThreads {
		workers.Go(func() {
			if err := h.work(); err != nil {
				t.Error(err)
				h.stop.Store(true)
			}
		})
	}
	workers.Go(func() {
		for !h.stop.Load() {
			runtime.GC()
			time.Sleep(20 * time.Millisecond)
		}
	})
	for end := time.Now().Add(duration); time.Now().Before(end) && !h.stop.Load(); {
		time.Sleep(10 * time.Millisecond)
	}
	h.stop.Store(true)
	workers.Wait()
	checkPristine(t, h.engine)
	if stats := h.engine.Stats(); stats.Busy != 0 {
		t.Errorf("%d VMs are busy when no call runs", stats.Busy)
	}
	h.engine.Close()
	if stats := h.engine.Stats(); stats.Slots != 0 || h.engine.held != 0 {
		t.Errorf("%d VMs with %d bytes are left", stats.Slots, h.engine.held)
	}
	return measure(t)
}

// summary is how many calls of each kind there were, in the order of the table.
func (h *hammer) summary(t *testing.T) string {
	var b strings.Builder
	for _, name := range append([]string{goodCall}, names(blows)...) {
		n, ok := h.calls.Load(name)
		if !ok {
			t.Errorf("no call of the kind %s", name)
			continue
		}
		fmt.Fprintf(&b, "%s %d, ", name, n.(*atomic.Int64).Load())
	}
	return strings.TrimSuffix(b.String(), ", ")
}

func names(blows []blow) []string {
	var names []string
	for _, b := range blows {
		names = append(names, b.name)
	}
	return names
}

// checkGrowth allows for what Go's runtime and the C library keep: a few idle threads with their stacks, and free memory.
func (f footprint) checkGrowth(t *testing.T, before footprint) {
	for _, held := range []struct {
		what                string
		before, after, more int
	}{
		{"descriptors", before.descriptors, f.descriptors, 0},
		{"threads", before.threads, f.threads, 8},
		{"mappings", before.mappings, f.mappings, 64},
		{"KiB of resident memory", int(before.resident >> 10), int(f.resident >> 10), int(before.resident>>12) + 32<<10},
	} {
		if held.after > held.before+held.more {
			t.Errorf("%d %s, %d after the warm-up", held.after, held.what, held.before)
		}
	}
}

const aloneVariable = "LUAVM_ALONE"

func TestSoakHammer(t *testing.T) {
	if os.Getenv(aloneVariable) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSoakHammer$", "-test.v", "-test.timeout=0")
		cmd.Env = append(os.Environ(), aloneVariable+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("the child: %v\n%s", err, out)
		} else {
			t.Logf("%s", out)
		}
		return
	}
	duration := 10 * time.Second
	if os.Getenv("SOAK") != "" {
		duration = 10 * time.Minute
	}
	if !rig.Arm() {
		t.Fatal("the rig has no temporary file")
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // each panic of the host is logged
	runtime.SetCPUProfileRate(1000)                // that of a profile is 100; pprof complains on stderr, and goes on with this one
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Fatal(err)
	}
	defer pprof.StopCPUProfile()

	before := new(hammer).run(t, duration/4)
	h := new(hammer)
	after := h.run(t, duration*3/4)
	t.Logf("calls: %s", h.summary(t))
	t.Logf("held after the warm-up %+v, at the end %+v", before, after)
	after.checkGrowth(t, before)
}
