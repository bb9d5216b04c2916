//go:build lua54

// The methods that a class registered, read through golua from what lv_load left on the stack.

package luavm

import (
	"unsafe"

	"github.com/aarzilli/golua/lua"

	"github.com/objluad/objluad/objclass"
)

// adopt makes a golua State of a VM that the C core made. golua's own constructors let Lua allocate where they like, and
// install a panic handler that aborts. The State must not outlive the VM, and only functions that neither allocate nor
// raise an error may be called on it: there is no activation around them.
func adopt(vm unsafe.Pointer) *lua.State {
	state := new(lua.State)
	*(*unsafe.Pointer)(unsafe.Pointer(state)) = vm
	return state
}

// canAdopt reports whether golua's State begins with the pointer to the VM, as adopt needs.
func canAdopt() bool {
	vm := unsafe.Pointer(new(uint64))
	return unsafe.Pointer(adopt(vm).GetState()) == vm
}

// registered returns the methods in the order of their numbers.
func registered(vm unsafe.Pointer) []objclass.Method {
	state := adopt(vm)
	table := state.GetTop()
	var methods []objclass.Method
	for i := 1; i < int(state.ObjLen(table)); i += 3 {
		state.RawGeti(table, i)
		state.RawGeti(table, i+1)
		methods = append(methods, objclass.Method{
			Name:  state.ToString(-2),
			Flags: objclass.Flags(state.ToInteger(-1)),
		})
		state.Pop(2)
	}
	return methods
}
