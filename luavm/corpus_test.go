//go:build lua54

// The corpus of attacks in the engine alone, which can look where no client can: at the VMs.

package luavm

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/tests/hostile"
)

// Each attack ends with the outcome that it must have. After each of its runs the idle VMs are, byte for byte, their images,
// and a method of another class, whose VM was made before, gives its answer.
func TestCorpus(t *testing.T) {
	attacks, err := hostile.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attacks {
		if a.Slow || a.Expect.Kind == string(objclass.KindInput) { // of the latter the engine sees nothing
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			e := newEngine(t, Options{})
			checkGood(t, e)
			for range a.Calls {
				if got := runAttackWithText(t, e, a); !a.Expect.Met(got) {
					t.Errorf("got %s, want %s", got, a.Expect)
				}
				checkPristine(t, e)
				checkGood(t, e)
			}
			if n := e.Stats().Busy; n != 0 {
				t.Errorf("%d VMs are not given back", n)
			}
		})
	}
}

// stalls is how often a deadline's text may be another one: when the machine stalls, a budget can end before the script is
// where it should be, in the compiler for example.
const stalls = 5

// runAttackWithText is runAttack, again if only a deadline's text is not the one that it should be.
func runAttackWithText(t *testing.T, e *Engine, a *hostile.Attack) (got hostile.Outcome) {
	for range stalls {
		got = runAttack(t, e, a)
		if got.Kind != hostile.Deadline || a.Expect.Met(got) || !a.Expect.KindMet(got) {
			break
		}
	}
	return got
}

// runAttack runs an attack once beside an object as the corpus prepares it.
func runAttack(t *testing.T, e *Engine, a *hostile.Attack) hostile.Outcome {
	name := "eval"
	if a.Class {
		name = "attack.lua"
	}
	budget := objclass.Budget{Wall: time.Minute, CPU: time.Minute, Output: hostile.MaxOutput}
	if a.Timeout > 0 {
		budget.Wall, budget.CPU = a.Timeout, a.Timeout
	}
	unit := unitOf(name, string(a.Source), !a.Class)
	if a.Class {
		addModules(t, unit)
		if _, err := e.Load(context.Background(), unit, budget); err != nil {
			return outcomeOf(t, objclass.Result{}, err)
		}
	}
	result, err := e.Run(context.Background(), &objclass.Invocation{
		Unit: unit, Method: a.Handler, Input: a.Input, Object: preparedObject(t, a), Budget: budget,
	})
	return outcomeOf(t, result, err)
}

// addModules gives a unit what attacks require.
func addModules(t *testing.T, unit *objclass.Unit) {
	sources, err := hostile.Modules()
	if err != nil {
		t.Fatal(err)
	}
	unit.Requires = make(map[string]int)
	for name, source := range sources {
		unit.Requires[name] = len(unit.Modules)
		unit.Modules = append(unit.Modules, objclass.Module{Name: name + ".lua", Source: []byte(source)})
	}
}

func outcomeOf(t *testing.T, result objclass.Result, err error) hostile.Outcome {
	switch {
	case err != nil:
		e := asError(t, err)
		return hostile.Outcome{Kind: string(e.Kind), Errno: e.ErrnoName(), Text: e.Message}
	case result.Ret < 0: // which the service makes an error of
		e := &objclass.Error{Errno: uint64(-int64(result.Ret))}
		return hostile.Outcome{Kind: string(objclass.KindOp), Errno: e.ErrnoName()}
	}
	return hostile.Outcome{Kind: hostile.OK, Text: string(result.Output), Ret: int(result.Ret)}
}

func preparedObject(t *testing.T, a *hostile.Attack) *objclass.Object {
	flags := objclass.RD | objclass.WR
	if a.ReadOnly {
		flags = objclass.RD
	}
	overlay := store.NewOverlay(context.Background(), absent{}, store.Limits{})
	sentinel := func() []byte { return []byte(hostile.Sentinel) } // the overlay takes ownership
	if err := errors.Join(
		overlay.WriteFull(sentinel()), overlay.SetXattr(hostile.Key, sentinel()),
		overlay.SetOmapHeader(sentinel()), overlay.SetOmapValue(hostile.Key, sentinel()),
	); err != nil {
		t.Fatal(err)
	}
	return objclass.NewObject(context.Background(), overlay, flags)
}

var goodUnit = unitOf("good.lua", `
local calls = 0
function good(input, output)
	calls = calls + 1
	output:append(("%d %s"):format(calls, input:str():reverse()))
	return #input
end
objclass.register(good, objclass.RD)`, false)

func checkGood(t *testing.T, e *Engine) {
	t.Helper()
	object, _ := newObject(objclass.RD)
	got, err := e.Run(context.Background(), &objclass.Invocation{
		Unit: goodUnit, Method: "good", Input: []byte("stressed"), Object: object,
		Budget: objclass.Budget{Wall: time.Minute, CPU: time.Minute, Output: 1 << 20},
	})
	if err != nil || string(got.Output) != "1 desserts" || got.Ret != 8 {
		t.Errorf("a good method answered %q, %d, %v", got.Output, got.Ret, err)
	}
}
