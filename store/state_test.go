package store_test

// This file holds states against a model.

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/storetest"
)

// Random write sets make of a state what they make of the model, and change none of the states before.
func TestStateRandom(t *testing.T) {
	const max = 1 << 30
	rapid.Check(t, func(t *rapid.T) {
		m := &storetest.Model{}
		var s *store.State
		type version struct {
			state *store.State
			model *storetest.Model
		}
		var before []version
		for v := range uint64(rapid.IntRange(1, 8).Draw(t, "commits")) {
			var snap store.Snapshot = m.Snapshot(v)
			if s != nil {
				snap = s
			}
			o := store.NewOverlay(context.Background(), snap, storetest.ModelLimits)
			for range rapid.IntRange(0, 12).Draw(t, "operations") {
				storetest.Step(t, o, m)
			}
			if !o.Changed() {
				continue
			}
			ws, st := o.WriteSet(), store.Stat{Version: v + 1, MTime: time.Unix(int64(v), 0)}
			s = s.Apply(ws, st, max)
			spoil(ws)
			if (s == nil) == o.Exists() {
				t.Fatalf("there is a state: %v, there is an object: %v", s != nil, o.Exists())
			}
			if s == nil {
				continue
			}
			if got, _ := s.Stat(); got.Version != st.Version || !got.MTime.Equal(st.MTime) {
				t.Fatalf("stat is %+v, want %+v", got, st)
			}
			before = append(before, version{s, m.Clone()})
		}
		for _, b := range before {
			b.model.Same(t, b.state)
			spoilShown(t, b.state)
		}
		for _, b := range before {
			b.model.Same(t, b.state)
		}
	})
}

// spoil overwrites the bytes of a write set, which after a commit are the caller's again.
func spoil(ws *store.WriteSet) {
	clear(ws.OmapHeader)
	for _, pairs := range []map[string][]byte{ws.Xattrs, ws.Omap} {
		for _, value := range pairs {
			clear(value)
		}
	}
	if ws.Data != nil {
		for _, e := range ws.Data.Extents {
			clear(e.Bytes)
		}
	}
}

// spoilShown overwrites what a state hands out, which is the caller's.
func spoilShown(t *rapid.T, s *store.State) {
	xattrs, err := s.Xattrs(1 << 30)
	header, herr := s.OmapHeader()
	it, oerr := s.OmapIter("")
	if err := errors.Join(err, herr, oerr); err != nil {
		t.Fatal(err)
	}
	clear(header)
	for _, kv := range xattrs {
		value, _, _ := s.Xattr(kv.Key)
		clear(kv.Value)
		clear(value)
	}
	for it.Next() {
		listed, _ := it.Value()
		value, _, _ := s.OmapValue(it.Key())
		clear(listed)
		clear(value)
	}
}

// A state that would be too large is none, whatever it is that makes it large.
func TestStateBound(t *testing.T) {
	big := make([]byte, 1000)
	small := (*store.State)(nil).Apply(&store.WriteSet{}, store.Stat{Version: 1}, 0)
	if small == nil || small.Cost() != 0 {
		t.Fatal("an empty object is no state")
	}
	for what, ws := range map[string]*store.WriteSet{
		"data":   {Data: &store.DataChange{Size: 1000}},
		"xattr":  {Xattrs: map[string][]byte{"x": big}},
		"header": {OmapHeader: big},
		"omap":   {Omap: map[string][]byte{"": big}},
	} {
		whole := small.Apply(ws, store.Stat{Version: 2}, 2000)
		if whole == nil || whole.Cost() < 1000 || whole.Cost() > 1200 {
			t.Fatalf("%s: %v", what, whole)
		}
		if small.Apply(ws, store.Stat{Version: 2}, whole.Cost()) == nil {
			t.Errorf("%s: no state at the bound", what)
		}
		if small.Apply(ws, store.Stat{Version: 2}, whole.Cost()-1) != nil {
			t.Errorf("%s: a state above the bound", what)
		}
		if whole.Apply(&store.WriteSet{Xattrs: map[string][]byte{"y": big[:900]}}, store.Stat{Version: 3}, 1500) != nil {
			t.Errorf("%s: a state above the bound after another", what)
		}
	}
}

// What a state does not count it does not keep, such as room for pairs that were removed.
func TestStateMemory(t *testing.T) {
	const bound = 1 << 30
	full := &store.WriteSet{Omap: map[string][]byte{}}
	for i := range 6000 {
		full.Omap[fmt.Sprint(i)] = []byte{}
	}
	removed := &store.WriteSet{Omap: map[string][]byte{}}
	for key := range full.Omap {
		removed.Omap[key] = nil
	}
	for name, ws := range map[string]*store.WriteSet{
		"pairs removed":     removed,
		"all pairs removed": {OmapRanges: []store.KeyRange{{Open: true}}},
		"pairs replaced":    {OmapRanges: []store.KeyRange{{Open: true}}, Omap: map[string][]byte{"a": []byte("b")}},
	} {
		var states []*store.State
		before := inUse()
		for range 10 {
			s := (*store.State)(nil).Apply(full, store.Stat{Version: 1}, bound)
			states = append(states, s.Apply(ws, store.Stat{Version: 2}, bound))
		}
		if grown := inUse() - before; grown > 1<<20 || states[0].Cost() > 1000 {
			t.Errorf("%s: states that count %d bytes each take %d", name, states[0].Cost(), grown/10)
		}
		runtime.KeepAlive(states)
	}
}

// inUse is the bytes of memory that are in use.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// However many ranges are removed, each pair is looked at once.
func TestStateManyRanges(t *testing.T) {
	pairs, ranges := &store.WriteSet{Omap: map[string][]byte{}}, &store.WriteSet{}
	for i := range 1000 {
		pairs.Omap[fmt.Sprintf("%05d", 70*i)] = []byte{}
	}
	for i := range 65_000 {
		ranges.OmapRanges = append(ranges.OmapRanges, store.KeyRange{First: fmt.Sprintf("%05d+", i), End: fmt.Sprintf("%05d-", i)})
	}
	s := (*store.State)(nil).Apply(pairs, store.Stat{Version: 1}, 1<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	next := s.Apply(ranges, store.Stat{Version: 2}, 1<<20)
	runtime.ReadMemStats(&after)
	if next.Cost() != s.Cost() {
		t.Errorf("%d bytes are left of %d", next.Cost(), s.Cost())
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("it took %d bytes", took)
	}
}
