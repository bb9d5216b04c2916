package store_test

// This file holds the effects of write sets against what the write sets do, and tests their bounds.

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/storetest"
)

// described is an object that knows nothing but effects.
type described struct {
	exists bool
	data   []byte
	xattrs map[string]string
	header string
	omap   map[string]string
}

// describe reads a whole object.
func describe(t *rapid.T, snap store.Snapshot) described {
	d := described{xattrs: map[string]string{}, omap: map[string]string{}}
	o := store.NewOverlay(context.Background(), snap, store.Limits{})
	if d.exists = o.Exists(); !d.exists {
		return d
	}
	var xattrs, pairs []store.KeyValue
	var header []byte
	err := func() (err error) {
		if d.data, err = o.Read(0, o.Size()); err != nil {
			return err
		}
		if xattrs, err = o.Xattrs(); err != nil {
			return err
		}
		if header, err = o.OmapHeader(); err != nil {
			return err
		}
		pairs, _, err = o.OmapList("", "", -1)
		return err
	}()
	if err != nil {
		t.Fatal(err)
	}
	d.header = string(header)
	for _, kv := range xattrs {
		d.xattrs[kv.Key] = string(kv.Value)
	}
	for _, kv := range pairs {
		d.omap[kv.Key] = string(kv.Value)
	}
	return d
}

// make makes one effect.
func (d *described) make(e store.Effect) {
	switch e.Op {
	case store.OpRemove:
		*d = described{xattrs: map[string]string{}, omap: map[string]string{}}
	case store.OpCreate:
		d.exists = true
	case store.OpTruncate:
		d.data = append(d.data, make([]byte, max(0, e.Size-int64(len(d.data))))...)[:e.Size]
	case store.OpWriteFull:
		d.data = bytes.Clone(e.Value)
	case store.OpWrite, store.OpZero:
		end := e.Offset + e.Size
		d.data = append(d.data, make([]byte, max(0, end-int64(len(d.data))))...)
		clear(d.data[e.Offset:end])
		copy(d.data[e.Offset:end], e.Value)
	case store.OpSetXattr:
		d.xattrs[e.Key] = string(e.Value)
	case store.OpRemoveXattr:
		delete(d.xattrs, e.Key)
	case store.OpMapClear:
		d.header, d.omap = "", map[string]string{}
	case store.OpMapWriteHeader:
		d.header = string(e.Value)
	case store.OpMapRemoveRange:
		maps.DeleteFunc(d.omap, func(key, _ string) bool { return key >= e.Key && (e.Open || key < e.End) })
	case store.OpMapSetVal:
		d.omap[e.Key] = string(e.Value)
	case store.OpMapRemoveKey:
		delete(d.omap, e.Key)
	default:
		panic(e.Op)
	}
}

func (d *described) String() string {
	return fmt.Sprintf("%v %d %x %v %q %v", d.exists, len(d.data), d.data, d.xattrs, d.header, d.omap)
}

// The effects of random changes of random objects do what the write set does.
func TestEffectsRandom(t *testing.T) {
	var whole, cut int
	rapid.Check(t, func(t *rapid.T) {
		base := &storetest.Model{}
		run := func(most int) *store.Overlay {
			m := base.Clone()
			o := store.NewOverlay(context.Background(), base.Snapshot(7), storetest.ModelLimits)
			for range rapid.IntRange(0, most).Draw(t, "operations") {
				storetest.Step(t, o, m)
			}
			return o
		}
		if o := run(40); o.Changed() {
			base.Apply(o.WriteSet())
		}
		o := run(40)
		got, want := describe(t, base.Snapshot(7)), base.Clone()
		effects := o.Effects()
		if o.Changed() {
			want.Apply(o.WriteSet())
		} else if effects.Total > 0 {
			t.Fatalf("effects of no change: %+v", effects)
		}
		checkBounds(t, effects)
		if effects.Truncated {
			cut++
			return
		}
		whole++
		for _, e := range effects.List {
			got.make(e)
		}
		if is := describe(t, want.Snapshot(8)); got.String() != is.String() {
			t.Fatalf("effects %+v\nmake %.300s\nnot  %.300s", effects.List, got.String(), is.String())
		}
	})
	if whole < 3*cut {
		t.Errorf("%d lists were whole and %d cut: the test shows little", whole, cut)
	}
}

// checkBounds fails unless the list is as large as it may be, and says so where it lacks something.
func checkBounds(t interface{ Fatalf(string, ...any) }, effects *store.Effects) {
	var bytes int64
	lacks := effects.Total > len(effects.List)
	for _, e := range effects.List {
		bytes += 128 + int64(len(e.Key)+len(e.End)+len(e.Value))
		switch e.Op {
		case store.OpWrite, store.OpWriteFull, store.OpSetXattr, store.OpMapSetVal, store.OpMapWriteHeader:
			lacks = lacks || int64(len(e.Value)) < e.Size
		}
	}
	if lacks != effects.Truncated || bytes > 1<<20 || effects.Total < len(effects.List) {
		t.Fatalf("%d of %d effects of %d bytes, cut %v", len(effects.List), effects.Total, bytes, effects.Truncated)
	}
}

func TestEffectsAreBounded(t *testing.T) {
	const mib = 1 << 20
	many := map[string][]byte{}
	for i := range 50_000 {
		many[fmt.Sprintf("k%05d", i)] = []byte("value")
	}
	for _, tt := range []struct {
		name        string
		ws          store.WriteSet
		total, list int
		cut         bool
	}{
		{"nothing but the object", store.WriteSet{}, 1, 1, false},
		{"large write", store.WriteSet{Data: &store.DataChange{Size: 8 * mib, Extents: []store.Extent{{Off: 0, Len: 8 * mib, Bytes: make([]byte, 8*mib)}}},
			Xattrs: map[string][]byte{"behind": []byte("it")}}, 3, 3, true},
		{"large zeros", store.WriteSet{Data: &store.DataChange{Size: 8 * mib, Extents: []store.Extent{{Off: 0, Len: 8 * mib}}}}, 2, 2, false},
		{"large values", store.WriteSet{Omap: map[string][]byte{"a": make([]byte, mib), "b": make([]byte, mib), "c": make([]byte, mib), "d": make([]byte, mib), "e": {}}}, 6, 5, true},
		{"many pairs", store.WriteSet{Omap: many}, 50_001, (mib - 128) / (128 + 6 + 5), true},
		{"long key", store.WriteSet{Omap: map[string][]byte{strings.Repeat("k", mib): {}, "z": {}}}, 3, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			effects := tt.ws.Effects(store.Stat{})
			checkBounds(t, effects)
			if effects.Total != tt.total || effects.Truncated != tt.cut || len(effects.List) < tt.list || len(effects.List) > tt.list+1 {
				t.Errorf("%d of %d effects, cut %v", len(effects.List), effects.Total, effects.Truncated)
			}
			keys := make([]string, 0, len(effects.List))
			for _, e := range effects.List {
				keys = append(keys, e.Key)
			}
			if !slices.IsSorted(keys) {
				t.Errorf("keys are out of order")
			}
		})
	}
}
