package store_test

// This file measures single operations on an overlay that holds as much as a method can put there: each of them is one host
// call, which nothing can interrupt but its context.

import (
	"context"
	"fmt"
	"testing"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/storetest"
)

const manyRuns = 700_000

// scattered returns an overlay with runs of one byte, none beside another.
func scattered(b *testing.B) *store.Overlay {
	m := &storetest.Model{}
	m.Apply(&store.WriteSet{Data: &store.DataChange{Size: 2 * manyRuns}})
	o := store.NewOverlay(context.Background(), m.Snapshot(1), store.Limits{})
	for i := range manyRuns {
		if err := o.Write(int64(2*i), []byte("x")); err != nil {
			b.Fatal(err)
		}
	}
	return o
}

func BenchmarkOverManyRuns(b *testing.B) {
	for _, bench := range []struct {
		name string
		do   func(o *store.Overlay) error
	}{
		{"write all", func(o *store.Overlay) error { return o.Write(0, make([]byte, 2*manyRuns)) }},
		{"write all but the ends", func(o *store.Overlay) error { return o.Write(10, make([]byte, 2*manyRuns-20)) }},
		{"write half", func(o *store.Overlay) error { return o.Write(0, make([]byte, manyRuns)) }},
		{"truncate to 1", func(o *store.Overlay) error { return o.Truncate(1) }},
		{"zero all", func(o *store.Overlay) error { return o.Zero(0, 2*manyRuns) }},
		{"read all", func(o *store.Overlay) error { _, err := o.Read(0, 2*manyRuns); return err }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				o := scattered(b)
				b.StartTimer()
				if err := bench.do(o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSetOmapValues(b *testing.B) {
	kvs := make([]store.KeyValue, 60_000)
	for i := range kvs {
		kvs[i] = store.KeyValue{Key: fmt.Sprintf("key %d", i), Value: []byte("value")}
	}
	for _, listed := range []bool{false, true} {
		b.Run(fmt.Sprintf("listed=%v", listed), func(b *testing.B) {
			for range b.N {
				o := newOverlay(store.Limits{})
				if listed {
					if _, _, err := o.OmapKeys("", "", -1); err != nil {
						b.Fatal(err)
					}
				}
				if err := o.SetOmapValues(kvs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
