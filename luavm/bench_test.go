//go:build lua54

package luavm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
)

var benchBudget = objclass.Budget{Wall: time.Second, CPU: time.Second, Output: 1 << 20}

const noop = "function noop() end objclass.register(noop, objclass.RD)"

func invocation(unit *objclass.Unit, method string) *objclass.Invocation {
	object, _ := newObject(objclass.RD | objclass.WR)
	return &objclass.Invocation{Unit: unit, Method: method, Object: object, Budget: benchBudget}
}

// BenchmarkGuardedCall runs a method that does nothing: from Go, through the guard, with restore of the image.
func BenchmarkGuardedCall(b *testing.B) {
	e := newEngine(b, Options{})
	inv := invocation(unitOf("noop", noop, false), "noop")
	for b.Loop() {
		if _, err := e.Run(context.Background(), inv); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(e.Stats().ImageBytes), "image-B")
}

// BenchmarkNewVM makes and destroys a VM for each call of the same method.
func BenchmarkNewVM(b *testing.B) {
	unit := unitOf("noop", noop, false)
	inv := invocation(unit, "noop")
	for b.Loop() {
		s, err := newSlot(context.Background(), unit, benchBudget, 16<<20)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := s.run(context.Background(), inv); err != nil {
			b.Fatal(err)
		}
		s.free()
	}
}

// BenchmarkHostCall calls the host in a loop: from Lua through C into Go, and back.
func BenchmarkHostCall(b *testing.B) {
	for _, call := range []string{"current_version()", "stat()", "read(0, 100)", "getxattr('name')", "map_get_val('key')"} {
		name, _, _ := strings.Cut(call, "(")
		b.Run(name, func(b *testing.B) {
			e := newEngine(b, Options{})
			source := "function f() for i = 1, 1000 do objclass." + call + " end end objclass.register(f, objclass.RD)"
			object, overlay := newObject(objclass.RD)
			value := make([]byte, 100)
			err := errors.Join(overlay.WriteFull(value), overlay.SetXattr("name", value), overlay.SetOmapValue("key", value))
			if err != nil {
				b.Fatal(err)
			}
			inv := &objclass.Invocation{Unit: unitOf("calls", source, false), Method: "f", Object: object, Budget: benchBudget}
			for b.Loop() {
				if _, err := e.Run(context.Background(), inv); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/host-call")
		})
	}
}
