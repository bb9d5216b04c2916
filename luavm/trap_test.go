//go:build lua54

package luavm

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
)

// Each attack ends with the error that it must have, within its deadline; the VM is its image again, and the next call
// works.
func TestAttacks(t *testing.T) {
	for _, tt := range []struct {
		name, source string
		kind         objclass.Kind
		errno        string
		message      string
	}{
		{"loop", "while true do end", objclass.TrapDeadline, "ETIMEDOUT", "eval:1: over 50 ms"},
		{"loop in pcall", "while true do pcall(function() while true do end end) end", objclass.TrapDeadline, "ETIMEDOUT", "eval:1: over 50 ms"},
		{"loop in coroutine", "local co = coroutine.wrap(function() while true do end end)\nco()", objclass.TrapDeadline, "ETIMEDOUT", "eval:1: over 50 ms"},
		{"coroutines without end", "while true do\n coroutine.wrap(function() end)() end", objclass.TrapDeadline, "ETIMEDOUT", "over 50 ms"},
		{"pattern", `("a"):rep(100):find(("a?"):rep(100) .. ("a"):rep(100))`, objclass.TrapDeadline, "ETIMEDOUT", "inside a library function"},
		{"empty rep", `string.rep("", 1 << 60)`, objclass.TrapDeadline, "ETIMEDOUT", "inside a library function"},
		{"table.move", "table.move({}, 1, 1 << 60, 2)", objclass.TrapDeadline, "ETIMEDOUT", "inside a library function"},
		{"loop of host calls", "while true do objclass.read(0, 0) end", objclass.TrapDeadline, "ETIMEDOUT", "eval:1: over 50 ms"},
		{"loop in tostring of the error", "error(setmetatable({}, {__tostring = function() while true do end end}))", objclass.TrapDeadline, "ETIMEDOUT", "eval:1: over 50 ms"},
		{"memory", "local t = {} while true do t[#t + 1] = ('x'):rep(10000) .. #t end", objclass.TrapMemory, "ENOMEM", "arena is exhausted"},
		{"one large string", "return ('x'):rep(1 << 30)", objclass.TrapMemory, "ENOMEM", "arena is exhausted"},
		{"pretended memory error", "error('not enough memory', 0)", objclass.KindScript, "EIO", "not enough memory"},
		{"uncaught error", "\nerror('boom')", objclass.KindScript, "EIO", "eval:2: boom"},
		{"uncaught operation error", "objclass.stat()", objclass.KindOp, "ENOENT", "eval:1: "},
		{"error that is a table", "error({})", objclass.KindScript, "EIO", "table"},
		{"error without value", "error(nil)", objclass.KindScript, "EIO", "nil"},
		{"recursion", "local function f() return 1 + f() end f()", objclass.TrapMemory, "ENOMEM", "arena is exhausted"},
		{"recursion in C", "local function f() return (string.gsub('a', 'a', f)) end f()", objclass.KindScript, "EIO", "C stack overflow"},
		{"bytecode", `load("\27Lua")()`, objclass.KindScript, "EIO", "call a nil value"},
		{"syntax", "x = = 1", objclass.KindScript, "EIO", "eval:1: unexpected symbol near '='"},
		{"gc metamethod", "setmetatable({}, {__gc = false})", objclass.KindScript, "EIO", "__gc is not supported"},
		{"iterator of gmatch that failed", `
			local n = 1 << 20
			local next = string.gmatch(("a"):rep(n), ("a?"):rep(n))
			pcall(next)
			next()`, objclass.KindScript, "EIO", "pattern too long"},
		{"errors in error handlers", "xpcall(error, function() error('again') end) error('out')", objclass.KindScript, "EIO", "eval:1: out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEngine(t, Options{})
			start := time.Now()
			budget := objclass.Budget{Wall: time.Minute, CPU: time.Minute}
			if tt.kind == objclass.TrapDeadline {
				budget = testBudget
			}
			object, _ := newObject(objclass.RD | objclass.WR)
			_, err := e.Run(context.Background(), &objclass.Invocation{
				Unit: unitOf("eval", tt.source, true), Object: object, Budget: budget,
			})
			took := time.Since(start)
			got := asError(t, err)
			if got.Kind != tt.kind || got.ErrnoName() != tt.errno || !strings.Contains(got.Message, tt.message) {
				t.Errorf("got %s %s %q, want %s %s %q", got.ErrnoName(), got.Kind, got.Message, tt.errno, tt.kind, tt.message)
			}
			t.Logf("took %v", took)
			checkPristine(t, e)
			if _, err := runScript(t, e, "assert(1 + 1 == 2)", "", ""); err != nil {
				t.Errorf("the next call failed: %v", err)
			}
		})
	}
}

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
