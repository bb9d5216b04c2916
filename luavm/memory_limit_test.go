//go:build lua54

// Object operations in an arena that has almost no memory left: a script fills it, but for k bytes, and then calls one.

package luavm

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
)

// The arena of these tests, and the largest answer that fits into it beside the script's own copy.
const (
	limitArena  = 128 << 10
	limitAnswer = 8 << 10
)

// fillThenCall runs operation with k bytes of memory left, where the input is k; without input, with all of it. That memory is
// what reserve held. The functions are there before: an arena that is full has no room for them.
const fillThenCall = `
local small, large = bufferlist.new(), bufferlist.new()
small:append("0123456789") large:append(("0123456789"):rep(%d))
local list
local function link() while true do list = {list} end end
local function capture(x) return function() return x end end
local function enclose() while true do list = capture(list) end end
local function operation() %s end
function h(input, output)
	objclass.write_full(large)
	objclass.setxattr("small", small) objclass.setxattr("large", large)
	objclass.map_set_vals({k1 = "0123456789", k2 = "0123456789"}) objclass.map_set_val("large", large)
	local k = tonumber(input:str())
	local reserve = k and ("x"):rep(k)
	if k then pcall(link) pcall(enclose) end
	reserve = nil
	local ok, e, message = pcall(operation)
	list = nil
	if ok then return 1 end
	if e == "not enough memory" then return 2 end
	error(tostring(e) .. " " .. tostring(message), 0)
end
objclass.register(h)`

var operationsAtTheLimit = map[string]string{
	"create":               `objclass.create(false)`,
	"create fails":         `if select(2, pcall(objclass.create, true)) ~= -17 then error("not enough memory", 0) end`,
	"stat":                 `assert(select("#", objclass.stat()) == 2)`,
	"read":                 `assert(objclass.read(0, 10) == small)`,
	"read large":           `assert(objclass.read(0, 0) == large)`,
	"write":                `objclass.write(0, 10, small)`,
	"write_full":           `objclass.write_full(large)`,
	"append":               `objclass.append(large) objclass.truncate(5) objclass.zero(0, 5)`,
	"rmxattr":              `objclass.rmxattr("small") objclass.rmxattr("none")`,
	"listing":              `local n = 0 for k in pairs(objclass.map_get_keys("", 100)) do n = n + 1 assert(n < 3 == (k < "l")) end assert(n == 3)`,
	"map_pairs":            `local n = 0 for k, v in objclass.map_pairs() do n = n + 1 assert(v == (n < 3 and small or large)) end assert(n == 3)`,
	"map_get_vals_by_keys": `local t = objclass.map_get_vals_by_keys({"k1", 5, "large"}) assert(t.k1 == small and t.large == large)`,
	"map_remove_range":     `objclass.map_remove_range("k1", "k2")`,
	"getxattr":             `assert(objclass.getxattr("small") == small)`,
	"getxattr large":       `assert(objclass.getxattr("large") == large)`,
	"getxattrs":            `local t = objclass.getxattrs() assert(t.small == small and t.large == large)`,
	"setxattr":             `assert(objclass.setxattr("new", small) == small)`,
	"map_clear":            `objclass.map_clear()`,
	"map_get_keys":         `local t = objclass.map_get_keys("", 100) assert(t.k1 and t.k2 and t.large)`,
	"map_get_vals":         `local t = objclass.map_get_vals("", "", 100) assert(t.k1 == small and t.large == large)`,
	"map_get_val":          `assert(objclass.map_get_val("large") == large)`,
	"map_get_val none":     `if select(2, pcall(objclass.map_get_val, "none")) ~= -2 then error("not enough memory", 0) end`,
	"map_set_val":          `objclass.map_set_val("k3", large)`,
	"map_set_vals":         `objclass.map_set_vals({a = "1", b = "2", [3] = "4"})`,
	"map_remove_key":       `objclass.map_remove_key("k1")`,
	"map_read_header":      `assert(#objclass.map_read_header() == 0)`,
	"map_write_header":     `objclass.map_write_header(small)`,
	"versions":             `assert(objclass.current_version() == 0 and objclass.current_subop_version() == "0.0")`,
	"log":                  `assert(objclass.log(5, "a", {}, "b") == "a table b")`,
	"remove":               `objclass.remove()`,
	"getxattr none":        `if select(2, pcall(objclass.getxattr, "none")) ~= -61 then error("not enough memory", 0) end`,
}

// At each step the script catches that memory is exhausted, or the operation is done. Afterwards the VM is its image, and
// the same call, with memory, is right.
func TestOperationsAtTheLimitOfMemory(t *testing.T) {
	for name, operation := range operationsAtTheLimit {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, Options{Arena: limitArena})
			unit := unitOf("eval", fmt.Sprintf(fillThenCall, limitAnswer/10, operation), true)
			outcomes := map[string]int{}
			for k := 0; k <= 6*limitAnswer; k += step(k) {
				outcomes[callAtLimit(t, e, unit, fmt.Sprint(k))]++
				if got := callAtLimit(t, e, unit, ""); got != "done" {
					t.Fatalf("with memory, after %d bytes: %s", k, got)
				}
			}
			t.Log(outcomes)
			if outcomes["exhausted"] == 0 || outcomes["done"] == 0 {
				t.Error("the steps did not go from too little memory to enough")
			}
		})
	}
}

func step(k int) int {
	if k < 1024 {
		return 16
	}
	return 1024
}

// callAtLimit returns what came of the call: done, exhausted (the script caught it) or trap.
func callAtLimit(t *testing.T, e *Engine, unit *objclass.Unit, input string) string {
	t.Helper()
	object, _ := newObject(objclass.RD | objclass.WR)
	result, err := e.Run(context.Background(), &objclass.Invocation{
		Unit: unit, Method: "h", Input: []byte(input), Object: object,
		Budget: objclass.Budget{Wall: time.Minute, CPU: time.Minute, Output: 1 << 20},
	})
	checkPristine(t, e)
	if err == nil {
		return map[int32]string{1: "done", 2: "exhausted"}[result.Ret]
	}
	got := asError(t, err)
	if got.Kind == objclass.TrapMemory && got.ErrnoName() == "ENOMEM" {
		return "trap"
	}
	t.Fatalf("with %q bytes: %s %s %q", input, got.ErrnoName(), got.Kind, got.Message)
	return ""
}

// Whatever an arena has room for, a call ends well or as the trap memory.
func TestArenaSizes(t *testing.T) {
	const source = `
		local t = {} for i = 1, 200 do t["k" .. i] = {i} end
		function h(input, output) output:append(("x"):rep(2000)) for i = 1, 200 do t[i] = tostring(i) end return #t end
		objclass.register(h)`
	good := 0
	for size := MinArena; size <= 128<<10; size += 4 << 10 {
		e := newEngine(t, Options{Arena: size})
		for range 2 {
			result, err := runScript(t, e, source, "h", "")
			if err == nil && result.Ret == 200 && len(result.Output) == 2000 {
				good++
			} else if got := asError(t, err); got.Kind != objclass.TrapMemory {
				t.Errorf("%d bytes: %s %q", size, got.Kind, got.Message)
			}
			checkPristine(t, e)
		}
	}
	if good == 0 {
		t.Error("no arena was large enough")
	}
}
