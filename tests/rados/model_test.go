// This file is what methods may answer: the model of one object, against which histories of calls are checked.

package rados

import (
	"fmt"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"
)

// modelClass has a counter in the data, a register in an xattr, and cells in the omap. Each object is used as one of these.
const modelClass = `
local function buffer(s)
  local b = bufferlist.new()
  b:append(s)
  return b
end

local function value(read, ...)
  local ok, b = pcall(read, ...)
  return ok and b:str() or ""
end

function inc(input, output)
  local n = (tonumber(value(objclass.read, 0, 0)) or 0) + 1
  objclass.write_full(buffer(string.format("%d", n)))
  output:append(string.format("%d", n))
end

function count(input, output)
  output:append(string.format("%d", tonumber(value(objclass.read, 0, 0)) or 0))
end

-- cas: "old new". It answers what was there, and puts new if that was old.
function cas(input, output)
  local old, new = input:str():match("^(%S*) (%S*)$")
  local is = value(objclass.getxattr, "register")
  if is == old then objclass.setxattr("register", buffer(new)) end
  output:append(is)
end

function load(input, output)
  output:append(value(objclass.getxattr, "register"))
end

-- put: "key value". It answers what was there.
function put(input, output)
  local key, new = input:str():match("^(%S*) (%S*)$")
  output:append(value(objclass.map_get_val, key))
  objclass.map_set_val(key, buffer(new))
end

function get(input, output)
  output:append(value(objclass.map_get_val, input:str()))
end

for _, writes in ipairs{inc, cas, put} do objclass.register(writes, objclass.RD | objclass.WR) end
for _, reads in ipairs{count, load, get} do objclass.register(reads, objclass.RD) end`

// input is a call. Calls of different parts have nothing to do with each other; a part is an object, or a cell of one.
type input struct{ part, method, argument string }

// output is what a call answered, if it did.
type output struct {
	answer  string
	unknown bool
}

// step is what an answered call does to a part, whose state is a string, "" at first.
func (in input) step(state string) (answer, next string) {
	switch in.method {
	case "inc":
		n := 0
		fmt.Sscan(state, &n)
		next = fmt.Sprint(n + 1)
		return next, next
	case "count":
		if state == "" {
			return "0", state
		}
		return state, state
	case "cas":
		if old, new, _ := strings.Cut(in.argument, " "); state == old {
			return state, new
		}
		return state, state
	case "put":
		_, new, _ := strings.Cut(in.argument, " ")
		return state, new
	default: // load, get
		return state, state
	}
}

var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := make(map[string][]porcupine.Operation)
		for _, op := range history {
			part := op.Input.(input).part
			parts[part] = append(parts[part], op)
		}
		var all [][]porcupine.Operation
		for _, part := range parts {
			all = append(all, part)
		}
		return all
	},
	Init: func() any { return "" },
	Step: func(state, in, out any) (bool, any) {
		answer, next := in.(input).step(state.(string))
		o := out.(output)
		return o.unknown || o.answer == answer, next
	},
	DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v: %+v", in, out) },
}

// The check sees what must not be.
func TestModelRejects(t *testing.T) {
	op := func(client int, call, ret int64, method, argument, answer string) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Call: call, Return: ret,
			Input: input{"part", method, argument}, Output: output{answer: answer}}
	}
	unknown := func(client int, call int64, method, argument string) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Call: call, Return: never,
			Input: input{"part", method, argument}, Output: output{unknown: true}}
	}
	for what, c := range map[string]struct {
		legal   bool
		history []porcupine.Operation
	}{
		"in order":             {true, []porcupine.Operation{op(0, 0, 1, "inc", "", "1"), op(1, 2, 3, "count", "", "1")}},
		"at once":              {true, []porcupine.Operation{op(0, 0, 9, "inc", "", "1"), op(1, 2, 3, "count", "", "0")}},
		"unknown, and made":    {true, []porcupine.Operation{unknown(0, 0, "inc", ""), op(1, 2, 3, "count", "", "1")}},
		"unknown, made later":  {true, []porcupine.Operation{unknown(0, 0, "inc", ""), op(1, 2, 3, "count", "", "0"), op(1, 4, 5, "count", "", "1")}},
		"unknown, not made":    {true, []porcupine.Operation{unknown(0, 0, "inc", ""), op(1, 2, 3, "count", "", "0")}},
		"unknown, made twice":  {false, []porcupine.Operation{unknown(0, 0, "inc", ""), op(1, 2, 3, "count", "", "2")}},
		"unknown, and undone":  {false, []porcupine.Operation{unknown(0, 0, "inc", ""), op(1, 2, 3, "count", "", "1"), op(1, 4, 5, "count", "", "0")}},
		"a stale read":         {false, []porcupine.Operation{op(0, 0, 1, "inc", "", "1"), op(1, 2, 3, "count", "", "0")}},
		"a lost change":        {false, []porcupine.Operation{op(0, 0, 3, "inc", "", "1"), op(1, 1, 2, "inc", "", "1")}},
		"one register, twice":  {false, []porcupine.Operation{op(0, 0, 3, "cas", " a", ""), op(1, 1, 2, "cas", " b", "")}},
		"a cell that was lost": {false, []porcupine.Operation{op(0, 0, 1, "put", "k a", ""), op(1, 2, 3, "get", "k", "")}},
	} {
		if porcupine.CheckOperations(model, c.history) != c.legal {
			t.Errorf("%s: legal is not %v", what, c.legal)
		}
	}
}
