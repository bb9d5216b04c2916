//go:build lua54

package luavm

import (
	"context"
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

func BenchmarkHostCall(b *testing.B) {
	e := newEngine(b, Options{})
	unit := unitOf("reads", "function reads() for i = 1, 1000 do objclass.current_version() end end objclass.register(reads)", false)
	inv := invocation(unit, "reads")
	for b.Loop() {
		if _, err := e.Run(context.Background(), inv); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/host-call")
}
