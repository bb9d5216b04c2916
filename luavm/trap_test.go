//go:build lua54

package luavm

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/objluad/objluad/luavm/internal/rig"
	"github.com/objluad/objluad/objclass"
)

func TestCancel(t *testing.T) {
	e := newEngine(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	object, _ := newObject(objclass.RD)
	budget := testBudget
	budget.Wall, budget.CPU = time.Minute, time.Minute
	start := time.Now()
	_, err := e.Run(ctx, &objclass.Invocation{Unit: unitOf("eval", "while true do end", true), Object: object, Budget: budget})
	if got := asError(t, err); got.Kind != objclass.TrapCanceled || got.ErrnoName() != "ECANCELED" {
		t.Errorf("got %s %s", got.ErrnoName(), got.Kind)
	}
	t.Logf("took %v", time.Since(start))
	checkPristine(t, e)
}

func TestCanceledBefore(t *testing.T) {
	e := newEngine(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	object, _ := newObject(objclass.RD)
	_, err := e.Run(ctx, &objclass.Invocation{Unit: unitOf("eval", "while true do end", true), Object: object, Budget: testBudget})
	if got := asError(t, err); got.Kind != objclass.TrapCanceled {
		t.Errorf("got %s %q", got.Kind, got.Message)
	}
}

// An operation that gives up because the call's time is over ends the call: no pcall can take it for an error.
func TestOperationsThatGiveUp(t *testing.T) {
	e := newEngine(t, Options{})
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	overdue, cancel := context.WithTimeout(context.Background(), -time.Second)
	defer cancel()
	for want, ctx := range map[objclass.Kind]context.Context{objclass.TrapCanceled: canceled, objclass.TrapDeadline: overdue} {
		_, overlay := newObject(objclass.RD)
		_, err := e.Run(context.Background(), &objclass.Invocation{
			Unit: unitOf("eval", "\npcall(objclass.stat)", true), Object: objclass.NewObject(ctx, overlay, objclass.RD), Budget: testBudget,
		})
		if got := asError(t, err); got.Kind != want || !strings.HasPrefix(got.Message, "eval:2: ") {
			t.Errorf("got %s %q, want %s", got.Kind, got.Message, want)
		}
	}
}

// What only a broken interpreter does ends the run, too. No VM is used again after a fault; after a panic all are.
func TestFaultDestroysAllSlots(t *testing.T) {
	if !rig.Arm() {
		t.Fatal("the rig has no temporary file")
	}
	defer rig.Disarm()
	for name, want := range map[string]struct {
		kind    objclass.Kind
		message string
		slots   int
	}{
		"segv":     {objclass.TrapFault, "SIGSEGV", 0},
		"bus":      {objclass.TrapFault, "SIGBUS", 0},
		"fpe":      {objclass.TrapFault, "SIGFPE", 0},
		"ill":      {objclass.TrapFault, "SIGILL", 0},
		"abort":    {objclass.TrapFault, "SIGABRT", 0},
		"overflow": {objclass.TrapFault, "SIGSEGV", 0},
		"panic":    {objclass.TrapPanic, "unprotected", 2},
	} {
		e := newEngine(t, Options{})
		if _, err := runScript(t, e, "x = 1", "", ""); err != nil {
			t.Fatal(err)
		}
		object, _ := newObject(objclass.RD | objclass.WR)
		_, err := e.Run(context.Background(), &objclass.Invocation{
			Unit: unitOf("eval", "pcall(crash."+name+")", true), Object: object, Budget: ampleBudget,
		})
		got := asError(t, err)
		if got.Kind != want.kind || got.ErrnoName() != "EFAULT" || !strings.Contains(got.Message, want.message) {
			t.Errorf("%s: got %s %s %q", name, got.ErrnoName(), got.Kind, got.Message)
		}
		if n := e.Stats().Slots; n != want.slots {
			t.Errorf("%s: %d slots are left, want %d", name, n, want.slots)
		}
		checkPristine(t, e)
	}
}

// Host code is not run where the C stack has too little room for it: an overflow there would be the process's end.
func TestNoHostCallWithoutStack(t *testing.T) {
	if !rig.Arm() {
		t.Fatal("the rig has no temporary file")
	}
	defer rig.Disarm()
	e := newEngine(t, Options{})
	_, err := runScript(t, e, "crash.deep(function() objclass.create() end)", "", "")
	if got := asError(t, err); got.Kind != objclass.KindScript || !strings.Contains(got.Message, "no room for an object operation") {
		t.Errorf("got %s %q", got.Kind, got.Message)
	}
}

// A loop ends at a line of the script, however long the thread had to wait for a core: the interrupt that tells the line comes
// before the one that jumps by as much as the thread runs.
func TestLoopsEndAtTheirLine(t *testing.T) {
	e := newEngine(t, Options{})
	budget := testBudget
	budget.Wall, budget.CPU = 20*time.Millisecond, 20*time.Millisecond
	var wg sync.WaitGroup
	for range 64 * runtime.NumCPU() {
		wg.Go(func() {
			for range 10 {
				object, _ := newObject(objclass.RD)
				_, err := e.Run(context.Background(), &objclass.Invocation{
					Unit: unitOf("eval", "\nwhile true do pcall(function() while true do end end) end", true), Object: object, Budget: budget,
				})
				switch got := asError(t, err); got.Message {
				case "eval:2: over 20 ms", "eval: over 20 ms, before its first line", "eval: over 20 ms, while it was compiled":
				default:
					t.Errorf("got %q", got.Message)
				}
			}
		})
	}
	wg.Wait()
}
