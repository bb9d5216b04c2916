//go:build !lua54

package luavm

// golua links Lua 5.1 unless it is told otherwise.

// #error objluad needs the build tag lua54: go build -tags=lua54 ./... (or set GOFLAGS=-tags=lua54, or use make build)
import "C"
