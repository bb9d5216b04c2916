package objclass

import (
	"testing"

	"github.com/objluad/objluad/store"
)

// BenchmarkExec measures what a call costs beside the engine and the store.
func BenchmarkExec(b *testing.B) {
	nothing := onObject(func(*Object, []byte) ([]byte, error) { return nil, nil })
	engine := &testEngine{methods: map[string]testMethod{"rd": nothing, "wr": nothing}}
	s, err := NewService(newMemStore("p"), engine, Options{})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Classes().Install(b.Context(), "test", []byte("rd RD\nwr WR")); err != nil {
		b.Fatal(err)
	}
	for _, method := range []string{"rd", "wr"} {
		b.Run(method, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				call := Call{Ref: store.Ref{Pool: "p", OID: "o"}, Class: "test", Method: method}
				if _, err := s.Exec(b.Context(), call); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
