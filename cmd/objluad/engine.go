// This file chooses the engine that runs methods.

package main

import (
	"github.com/objluad/objluad/luavm"
	"github.com/objluad/objluad/objclass"
)

// newEngine returns the Lua engine with VMs that may use so many bytes each.
func newEngine(arena int) (objclass.Engine, error) {
	return luavm.New(luavm.Options{Arena: arena})
}
