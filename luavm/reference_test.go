//go:build lua54

// The reference of the script API, held against what a VM has.

package luavm

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aarzilli/golua/lua"

	"github.com/objluad/objluad/luavm/api"
	"github.com/objluad/objluad/objclass"
)

// listing puts out all that the globals of a VM have, and the values of objclass's constants.
const listing = `
function list(input, output)
	list = nil
	local function show(library, members)
		for name, value in pairs(members) do
			if library == "" and type(value) == "table" and value ~= _G then
				show(name .. ".", value)
			else
				local number = library == "objclass." and type(value) == "number" and " = " .. value or ""
				output:append(library .. name .. number .. "\n")
			end
		end
	end
	show("", _G)
end
objclass.register(list, objclass.RD)`

// globals returns what scripts find in a VM.
func globals(t *testing.T) map[string]bool {
	t.Helper()
	got, err := runScript(t, newEngine(t, Options{}), listing, "list", "")
	if err != nil {
		t.Fatal(err)
	}
	return setOf(strings.Split(strings.TrimSpace(string(got.Output)), "\n"))
}

func setOf(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}

// userdata has, for each type of userdata, how the reference calls a value of it, if it has methods. The last one is Lua's own, of
// string buffers, which scripts do not meet.
var userdata = map[string]string{"bufferlist": "b", "hash": "h", "operation error": "", "_UBOX*": ""}

// addMethods adds the methods of userdata, whose metatables are locked: they are found in the registry.
func addMethods(t *testing.T, has map[string]bool) {
	t.Helper()
	unit := unitOf("methods", "hash.new('sha256') function f() end objclass.register(f)", false)
	s, err := newSlot(context.Background(), unit, testBudget, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.free()
	found := map[string]bool{}
	vm := adopt(s.vm())
	eachField(vm, lua.LUA_REGISTRYINDEX, func() {
		if vm.Type(-1) != lua.LUA_TTABLE {
			return
		}
		name, methods := describe(vm)
		if name == "" {
			return
		}
		value, known := userdata[name]
		if !known {
			t.Errorf("there is userdata of type %q, of which the reference does not know", name)
		}
		found[name] = true
		for _, method := range methods {
			has[value+":"+method] = true
		}
	})
	if len(found) != len(userdata) {
		t.Errorf("found only %v", slices.Collect(maps.Keys(found)))
	}
}

// describe returns the name of the metatable on top of the stack, and the methods that it gives.
func describe(vm *lua.State) (name string, methods []string) {
	eachField(vm, vm.GetTop(), func() {
		switch vm.ToString(-2) {
		case "__name":
			name = vm.ToString(-1)
		case "__index":
			if vm.Type(-1) == lua.LUA_TTABLE {
				eachField(vm, vm.GetTop(), func() { methods = append(methods, vm.ToString(-2)) })
			}
		}
	})
	return name, methods
}

// eachField calls f with key and value on top of the stack, for each field with a string or a light userdata as its key.
func eachField(vm *lua.State, index int, f func()) {
	for vm.PushNil(); vm.Next(index) != 0; vm.Pop(1) {
		if vm.Type(-2) != lua.LUA_TNUMBER { // which ToString would change
			f()
		}
	}
}

var (
	libraryRow = regexp.MustCompile("^\\| (?:`(\\w+)`)? ?\\| ((?:`\\w+` ?)+)\\|$")
	quoted     = regexp.MustCompile("`(\\w+)`")
)

// reference returns what the reference says that scripts have.
func reference(t *testing.T) map[string]bool {
	t.Helper()
	items, err := api.Parse(api.Source)
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, it := range items {
		value := it.Value
		if strings.HasPrefix(it.Name, "objclass.") && value != "" {
			has[it.Name+" = "+value] = true
		} else if it.Name != "" && !it.Class {
			has[it.Name] = true
		}
		if row := libraryRow.FindStringSubmatch(it.Prose); row != nil {
			for _, name := range quoted.FindAllStringSubmatch(row[2], -1) {
				has[strings.TrimPrefix(row[1]+"."+name[1], ".")] = true
			}
		}
	}
	return has
}

func TestReferenceIsWhatAVMHas(t *testing.T) {
	has, says := globals(t), reference(t)
	addMethods(t, has)
	if len(has) < 150 {
		t.Errorf("found only %d names in a VM", len(has))
	}
	for name := range has {
		if !says[name] {
			t.Errorf("the reference does not have %s", name)
		}
	}
	for name := range says {
		if !has[name] {
			t.Errorf("the reference has %s, and a VM has not", name)
		}
	}
}

// The tables that scripts get have the fields that the reference says, with values of the types that it says.
func TestReferenceHasTheFields(t *testing.T) {
	items, err := api.Parse(api.Source)
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, Options{})
	for class, ask := range map[string]string{
		"objclass.Object": "objclass.object()",
		"objclass.Caller": "objclass.caller()",
	} {
		i := slices.IndexFunc(items, func(it api.Item) bool { return it.Class && it.Name == class })
		want := map[string]string{}
		for _, field := range items[i].Fields {
			want[field.Name] = field.Type
		}
		got, _ := told(t, e, "local all = {} for name, value in pairs("+ask+") do all[name] = type(value) end return all",
			objclass.Invocation{Class: "told", User: "alice"})
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(want)) {
			fields = append(fields, name+"="+want[name])
		}
		if got != strings.Join(fields, " ")+"\n" {
			t.Errorf("%s has %q, and the reference says %v", class, got, fields)
		}
	}
}

// The source of the reference is Lua itself, so that an editor can read it.
func TestReferenceIsLua(t *testing.T) {
	if _, err := newEngine(t, Options{}).Load(context.Background(), unitOf("objclass.lua", api.Source, false), testBudget); err != nil {
		t.Error(err)
	}
}
