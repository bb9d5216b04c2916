// Package api is the reference of the script API. objclass.lua is its source: annotations for the Lua language server, which
// editors complete by. docs/lua-api.md is made from it (go generate, or make generate), and a test of package luavm holds it
// against what a VM has.
package api

import _ "embed"

//go:generate go run ./generate ../../docs/lua-api.md

// Source is the annotated Lua source.
//
//go:embed objclass.lua
var Source string
