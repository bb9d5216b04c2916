package store_test

// This file holds the overlay against a model, and tests its limits and costs.

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/storetest"
)

// Random operations on an overlay over a random object give what the model gives, and the write set turns the one
// object into the other.
func TestOverlayRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := &storetest.Model{}
		run := func(most int) (*storetest.Model, *store.Overlay) {
			m := base.Clone()
			o := store.NewOverlay(context.Background(), base.Snapshot(7), storetest.ModelLimits)
			for range rapid.IntRange(most/2, most).Draw(t, "operations") {
				storetest.Step(t, o, m)
			}
			return m, o
		}
		base, _ = run(60)
		want, o := run(60)
		got := base.Clone()
		if o.Changed() {
			ws := o.WriteSet()
			checkWriteSet(t, ws, base.Snapshot(7))
			got.Apply(ws)
		}
		want.Same(t, got.Snapshot(8))
	})
}

// checkWriteSet checks what engines rely on.
func checkWriteSet(t *rapid.T, ws *store.WriteSet, snap store.Snapshot) {
	checkRanges(t, ws.OmapRanges)
	st, _ := snap.Stat()
	if ws.Reset {
		st.Size = 0
	}
	if ws.Data == nil {
		return
	}
	d := ws.Data
	if d.Keep < 0 || d.Keep > st.Size || d.Keep > d.Size {
		t.Fatalf("keep %d of %d, new size %d", d.Keep, st.Size, d.Size)
	}
	var end int64
	for _, e := range d.Extents {
		if e.Off < end || e.Len <= 0 || e.Off+e.Len > d.Size || e.Bytes != nil && int64(len(e.Bytes)) != e.Len {
			t.Fatalf("extent at %d of %d bytes, after %d, size %d", e.Off, e.Len, end, d.Size)
		}
		end = e.Off + e.Len
	}
}

func checkRanges(t *rapid.T, ranges []store.KeyRange) {
	for i, r := range ranges {
		if r.Empty() || r.Open && (r.End != "" || i < len(ranges)-1) || i > 0 && ranges[i-1].End >= r.First {
			t.Fatalf("ranges %+v", ranges)
		}
	}
}

func newOverlay(limits store.Limits) *store.Overlay {
	return store.NewOverlay(context.Background(), (&storetest.Model{}).Snapshot(0), limits)
}

func TestOverlayStat(t *testing.T) {
	m := &storetest.Model{}
	m.Apply(&store.WriteSet{})
	o := store.NewOverlay(context.Background(), m.Snapshot(7), store.Limits{})
	if err := o.Append([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	if st, err := o.Stat(); err != nil || st != (store.Stat{Size: 3, Version: 7}) {
		t.Errorf("changed: %+v, %v", st, err)
	}
	if err := errors.Join(o.Remove(), o.Create(true)); err != nil {
		t.Fatal(err)
	}
	if st, err := o.Stat(); err != nil || st != (store.Stat{}) {
		t.Errorf("removed and created: %+v, %v", st, err)
	}
	if ws := o.WriteSet(); !o.Changed() || !ws.Reset || o.Version() != 7 {
		t.Errorf("removed and created: changed %v, reset %v, version %d", o.Changed(), ws.Reset, o.Version())
	}
}

// The overlay owns the bytes that it is given, but not the capacity behind them.
func TestOverlaySpareCapacity(t *testing.T) {
	o := newOverlay(store.Limits{})
	buf := []byte("abXY")
	if err := errors.Join(o.Append(buf[:2]), o.Append([]byte("cd"))); err != nil {
		t.Fatal(err)
	}
	if string(buf) != "abXY" {
		t.Errorf("the buffer is %q", buf)
	}
	if got, err := o.Read(0, 9); err != nil || string(got) != "abcd" {
		t.Errorf("read %q, %v", got, err)
	}
}

// What leaves the object as it was need not be committed.
func TestOverlayUnchanged(t *testing.T) {
	m := &storetest.Model{}
	m.Apply(&store.WriteSet{})
	o := store.NewOverlay(context.Background(), m.Snapshot(7), store.Limits{})
	if err := errors.Join(o.Create(false), o.Write(9, nil), o.Truncate(0), o.Zero(0, 100)); err != nil {
		t.Fatal(err)
	}
	if o.Changed() {
		t.Errorf("changed: %+v", o.WriteSet())
	}
	o = newOverlay(store.Limits{})
	if err := errors.Join(o.Zero(0, 100), o.Create(true), o.Append([]byte("x")), o.Remove()); err != nil {
		t.Fatal(err)
	}
	if o.Changed() {
		t.Errorf("created and removed: %+v", o.WriteSet())
	}
}

// Each limit is checked before anything changes, and says what was asked.
func TestOverlayLimits(t *testing.T) {
	limits := store.Limits{ObjectSize: 100, XattrName: 4, XattrValue: 10, OmapKey: 4, OmapValue: 10}
	long := make([]byte, 101)
	for name, test := range map[string]struct {
		do   func(o *store.Overlay) error
		want *store.Error
		text string
	}{
		"write behind":       {func(o *store.Overlay) error { return o.Write(99, []byte("ab")) }, store.ErrTooLarge, "write of 2 bytes at offset 99 exceeds the object limit of 100"},
		"write overflow":     {func(o *store.Overlay) error { return o.Write(math.MaxInt64, []byte("ab")) }, store.ErrTooLarge, "offset 9223372036854775807"},
		"write negative":     {func(o *store.Overlay) error { return o.Write(-1, []byte("ab")) }, store.ErrTooLarge, "offset -1"},
		"write full":         {func(o *store.Overlay) error { return o.WriteFull(long) }, store.ErrTooLarge, "write of 101 bytes"},
		"append":             {func(o *store.Overlay) error { return o.Append(long) }, store.ErrTooLarge, "write of 101 bytes"},
		"truncate":           {func(o *store.Overlay) error { return o.Truncate(math.MaxInt64) }, store.ErrTooLarge, "truncation to 9223372036854775807 bytes"},
		"truncate negative":  {func(o *store.Overlay) error { return o.Truncate(-1) }, store.ErrTooLarge, "truncation to -1 bytes"},
		"zero negative":      {func(o *store.Overlay) error { return o.Zero(-1, 1) }, store.ErrTooLarge, "offset -1"},
		"read negative":      {func(o *store.Overlay) error { _, err := o.Read(0, -1); return err }, store.ErrTooLarge, "read of -1 bytes"},
		"read all":           {func(o *store.Overlay) error { _, err := o.Read(math.MaxInt64, math.MaxInt64); return err }, nil, ""},
		"zero all":           {func(o *store.Overlay) error { return o.Zero(math.MaxInt64, math.MaxInt64) }, nil, ""},
		"xattr name":         {func(o *store.Overlay) error { return o.SetXattr("abcde", nil) }, store.ErrNameTooLong, "5 bytes, the limit is 4"},
		"xattr value":        {func(o *store.Overlay) error { return o.SetXattr("a", long) }, store.ErrTooLarge, "101 bytes exceeds the limit of 10"},
		"omap key":           {func(o *store.Overlay) error { return o.SetOmapValue("abcde", nil) }, store.ErrNameTooLong, "5 bytes, the limit is 4"},
		"omap value":         {func(o *store.Overlay) error { return o.SetOmapValue("a", long) }, store.ErrTooLarge, "101 bytes exceeds the limit of 10"},
		"omap header":        {func(o *store.Overlay) error { return o.SetOmapHeader(long) }, store.ErrTooLarge, "101 bytes exceeds the limit of 10"},
		"absent xattr":       {func(o *store.Overlay) error { return o.RemoveXattr("a") }, store.ErrNotFound, ""},
		"absent omap key":    {func(o *store.Overlay) error { return o.RemoveOmapKey("a") }, store.ErrNotFound, ""},
		"absent omap":        {func(o *store.Overlay) error { return o.ClearOmap() }, store.ErrNotFound, ""},
		"absent object":      {func(o *store.Overlay) error { return o.Remove() }, store.ErrNotFound, ""},
		"absent object stat": {func(o *store.Overlay) error { _, err := o.Stat(); return err }, store.ErrNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOverlay(limits)
			err := test.do(o)
			if test.want == nil && err != nil || test.want != nil && (!errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text)) {
				t.Errorf("error %v, want %v with %q", err, test.want, test.text)
			}
			if o.Exists() || o.Changed() {
				t.Error("the operation changed the object")
			}
		})
	}
}

// An object above a limit that was lowered may be changed and made smaller, but not grow.
func TestOverlayLoweredLimit(t *testing.T) {
	m := &storetest.Model{}
	m.Apply(&store.WriteSet{Data: &store.DataChange{Size: 200}})
	o := store.NewOverlay(context.Background(), m.Snapshot(1), store.Limits{ObjectSize: 100})
	if err := errors.Join(o.Write(198, []byte("ab")), o.Truncate(150)); err != nil {
		t.Error(err)
	}
	if err := o.Append([]byte("x")); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("append: %v", err)
	}
}

// The write set is bounded as a whole, whatever it is made of; what is written over counts no longer.
func TestOverlayWriteSetLimit(t *testing.T) {
	const limit = 10_000
	for name, do := range map[string]func(o *store.Overlay, i int) error{
		"appends":   func(o *store.Overlay, i int) error { return o.Append(make([]byte, 100)) },
		"scattered": func(o *store.Overlay, i int) error { return o.Write(int64(i)*1000, []byte("x")) },
		"zeros": func(o *store.Overlay, i int) error {
			return errors.Join(o.Write(int64(i)*9, []byte("x")), o.Zero(int64(i)*9+1, 1))
		},
		"xattrs": func(o *store.Overlay, i int) error { return o.SetXattr(fmt.Sprint(i), nil) },
		"omap":   func(o *store.Overlay, i int) error { return o.SetOmapValue(fmt.Sprint(i), nil) },
		"omap removals": func(o *store.Overlay, i int) error {
			return errors.Join(o.Create(false), o.RemoveOmapKey(fmt.Sprint(i)))
		},
		"omap and xattr": func(o *store.Overlay, i int) error {
			return errors.Join(o.SetOmapValue(fmt.Sprint(i), nil), o.SetXattr(fmt.Sprint(i), nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOverlay(store.Limits{WriteSet: limit})
			for i := range limit {
				if err := do(o, i); err != nil {
					if !errors.Is(err, store.ErrTooLarge) || i < 20 {
						t.Errorf("operation %d: %v", i, err)
					}
					return
				}
			}
			t.Error("no limit")
		})
	}
	o := newOverlay(store.Limits{WriteSet: limit})
	for range 100 {
		if err := errors.Join(
			o.WriteFull(make([]byte, 1000)), o.Write(500, make([]byte, 1000)), o.Truncate(10),
			o.SetXattr("a", make([]byte, 1000)), o.SetOmapValue("a", make([]byte, 1000)), o.SetOmapHeader(make([]byte, 1000)),
		); err != nil {
			t.Fatal(err)
		}
	}
}

// An object written byte by byte, in any order, reads as it was written.
func TestOverlayManySmallWrites(t *testing.T) {
	const n = 30_000
	for name, offset := range map[string]func(i int) int64{
		"in order": func(i int) int64 { return int64(i) },
		"backward": func(i int) int64 { return int64(n - 1 - i) },
		"strided":  func(i int) int64 { return int64(i) * 7919 % n },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOverlay(store.Limits{})
			for i := range n {
				off := offset(i)
				if err := o.Write(off, []byte{byte(off)}); err != nil {
					t.Fatal(err)
				}
			}
			got, err := o.Read(0, n)
			if err != nil || len(got) != n {
				t.Fatal(len(got), err)
			}
			for i, b := range got {
				if b != byte(i) {
					t.Fatalf("byte %d is %d", i, b)
				}
			}
		})
	}
}

// What little remains of large writes does not keep all of their memory.
func TestOverlayMemory(t *testing.T) {
	const size = 1 << 20
	o := newOverlay(store.Limits{})
	for i := range 300 {
		if err := o.Write(int64(i), make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 30*size {
		t.Errorf("%d bytes in use for one of %d", m.HeapAlloc, size)
	}
	runtime.KeepAlive(o)
}

// A listing that passes over many removed keys, or puts many changed ones in order, ends with its context.
func TestLongListingsEndWithTheirContext(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		o := store.NewOverlay(ctx, (&storetest.Model{}).Snapshot(0), store.Limits{})
		for i := range 5000 {
			if err := errors.Join(o.SetOmapValue(fmt.Sprint(i), nil), o.RemoveOmapKey(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		if ordered { // the first listing puts the keys in order
			if _, _, err := o.OmapKeys("", "", 1); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		if _, _, err := o.OmapKeys("", "", 1); !errors.Is(err, context.Canceled) {
			t.Errorf("in order %v: a listing after its context's end gave %v", ordered, err)
		}
	}
}

// An object that was removed and made anew within one overlay can be listed for as long as any other.
func TestListingAfterRemove(t *testing.T) {
	o := newOverlay(store.Limits{})
	if err := errors.Join(o.Create(true), o.Remove()); err != nil {
		t.Fatal(err)
	}
	const n = 5000
	for i := range n {
		if err := o.SetOmapValue(fmt.Sprint(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if keys, more, err := o.OmapKeys("", "", -1); len(keys) != n || more || err != nil {
		t.Errorf("%d keys, more %v, %v", len(keys), more, err)
	}
}

// A range costs the same however many keys it has: a write set of one range, no read, and a listing that jumps over it.
func TestRangeOfAMillionKeys(t *testing.T) {
	snap := &manyKeys{n: 1_000_000}
	o := store.NewOverlay(context.Background(), snap, store.Limits{})
	for i := range 1000 { // what was set before goes with the range
		if err := o.SetOmapValue(manyKey(1000*i), []byte("new")); err != nil {
			t.Fatal(err)
		}
	}
	r := store.KeyRange{First: manyKey(10), End: manyKey(999_990)}
	if err := o.RemoveOmapRange(r); err != nil {
		t.Fatal(err)
	}
	ws := o.WriteSet()
	if len(ws.OmapRanges) != 1 || ws.OmapRanges[0] != r || len(ws.Omap) != 1 || snap.reads != 0 {
		t.Errorf("ranges %v, %d pairs, %d reads", ws.OmapRanges, len(ws.Omap), snap.reads)
	}
	keys, more, err := o.OmapKeys("", "", -1)
	if len(keys) != 20 || more || err != nil || keys[9] != manyKey(9) || keys[10] != manyKey(999_990) {
		t.Errorf("%q, %v, %v", keys, more, err)
	}
	if snap.reads > 100 {
		t.Errorf("a listing of 20 keys read %d", snap.reads)
	}
	if _, err := o.OmapValue(manyKey(500_000)); !errors.Is(err, store.ErrNoKey) {
		t.Errorf("a removed key: %v", err)
	}
}

func manyKey(i int) string { return fmt.Sprintf("%07d", i) }

// manyKeys is an object with n omap keys that counts how many of them are read.
type manyKeys struct {
	store.Snapshot
	n, reads int
}

func (m *manyKeys) Stat() (store.Stat, bool) { return store.Stat{Version: 1}, true }

func (m *manyKeys) OmapIter(start string) (store.OmapIter, error) {
	first := sort.Search(m.n, func(i int) bool { return manyKey(i) >= start })
	return &manyIter{m, first - 1}, nil
}

type manyIter struct {
	m *manyKeys
	i int
}

func (it *manyIter) Next() bool {
	it.m.reads++
	it.i++
	return it.i < it.m.n
}

func (it *manyIter) Key() string            { return manyKey(it.i) }
func (it *manyIter) Value() ([]byte, error) { return nil, nil }
func (it *manyIter) Err() error             { return nil }
func (it *manyIter) Close() error           { return nil }

// Removing ranges is bounded by the write set, and frees what it removes from it.
func TestRangesInTheWriteSetLimit(t *testing.T) {
	o := store.NewOverlay(context.Background(), &manyKeys{}, store.Limits{WriteSet: 10_000})
	fill := func() (n int) {
		for ; n < 1000; n++ {
			if err := o.RemoveOmapRange(store.KeyRange{First: manyKey(2 * n), End: manyKey(2*n + 1)}); err != nil {
				if !errors.Is(err, store.ErrTooLarge) {
					t.Fatal(err)
				}
				break
			}
		}
		return n
	}
	if n := fill(); n < 50 || n > 100 {
		t.Errorf("%d ranges fit", n)
	}
	if err := o.RemoveOmapRange(store.KeyRange{Open: true}); err != nil { // one in the place of all
		t.Fatal(err)
	}
	for i := range 60 {
		if err := o.SetOmapValue(manyKey(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.RemoveOmapRange(store.KeyRange{Open: true}); err != nil {
		t.Fatal(err)
	}
	if ws := o.WriteSet(); len(ws.OmapRanges) != 1 || len(ws.Omap) != 0 {
		t.Errorf("%v, %d pairs", ws.OmapRanges, len(ws.Omap))
	}
	if err := o.SetOmapValue("k", make([]byte, 9_000)); err != nil {
		t.Errorf("nothing was freed: %v", err)
	}
}

// looks is a context that ends after so many looks at it.
type looks struct {
	context.Context
	taken, left int
}

func (l *looks) Err() error {
	l.taken++
	if l.left--; l.left < 0 {
		return context.Canceled
	}
	return nil
}

// However much an operation has to do, it looks at its context every 1024 steps, and ends with it: at the first look, at the
// second, and so on. What was begun then can be told from what was not.
func TestLongOperationsEndWithTheirContext(t *testing.T) {
	const n = 5_000
	pairs := make([]store.KeyValue, n)
	for i := range pairs {
		pairs[i] = store.KeyValue{Key: fmt.Sprint(i), Value: []byte("new")}
	}
	runs := func(o *store.Overlay) (err error) {
		for i := range int64(n) {
			err = errors.Join(err, o.Write(2*i, []byte("x")))
		}
		return err
	}
	for name, test := range map[string]struct {
		prepare, do func(o *store.Overlay) error
	}{
		"write over most": {runs, func(o *store.Overlay) error { return o.Write(1, make([]byte, 2*n-100)) }},
		"write over few":  {runs, func(o *store.Overlay) error { return o.Write(1, make([]byte, n-100)) }},
		"truncate":        {runs, func(o *store.Overlay) error { return o.Truncate(n + 100) }},
		"zero":            {runs, func(o *store.Overlay) error { return o.Zero(1, n) }},
		"read":            {runs, func(o *store.Overlay) error { _, err := o.Read(0, 2*n); return err }},
		"set pairs":       {nil, func(o *store.Overlay) error { return o.SetOmapValues(pairs) }},
		"set pairs again": {
			func(o *store.Overlay) error { return o.SetOmapValues(pairs) },
			func(o *store.Overlay) error { return o.SetOmapValues(pairs) },
		},
		"remove range": {
			func(o *store.Overlay) error { return o.SetOmapValues(pairs) },
			func(o *store.Overlay) error { return o.RemoveOmapRange(store.KeyRange{Open: true}) },
		},
		"xattrs": {
			func(o *store.Overlay) (err error) {
				for i := range n {
					err = errors.Join(err, o.SetXattr(fmt.Sprint(i), nil))
				}
				return err
			},
			func(o *store.Overlay) error { _, err := o.Xattrs(); return err },
		},
	} {
		t.Run(name, func(t *testing.T) {
			for most := 0; ; most++ {
				ctx := &looks{Context: context.Background(), left: math.MaxInt}
				o := store.NewOverlay(ctx, (&storetest.Model{}).Snapshot(0), store.Limits{})
				if test.prepare != nil {
					if err := test.prepare(o); err != nil {
						t.Fatal(err)
					}
				}
				before := summary(t, o)
				ctx.taken, ctx.left = 0, most
				err := test.do(o)
				if err == nil {
					if o.Err() != nil || ctx.taken < n/2/1024 {
						t.Errorf("it looked %d times, and left the overlay with %v", ctx.taken, o.Err())
					}
					return
				}
				if !errors.Is(err, context.Canceled) || ctx.taken != most+1 {
					t.Fatalf("%v, after %d looks, of which %d were good", err, ctx.taken, most)
				}
				ctx.left = math.MaxInt
				if o.Err() == nil && summary(t, o) != before {
					t.Fatalf("after %d looks the overlay is changed, but does not say so", most)
				}
			}
		})
	}
}

// summary is what an overlay holds, in short.
func summary(t *testing.T, o *store.Overlay) string {
	data, err := o.Read(0, o.Size())
	if err != nil {
		t.Fatal(err)
	}
	pairs, _, err := o.OmapList("", "", -1)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%v %x %s", o.Exists(), data, pairs)
}

// A listing holds no more than it was bounded to, and one pair; of values that are not listed none is read.
func TestListingsAreBounded(t *testing.T) {
	m := &storetest.Model{}
	ws := &store.WriteSet{Omap: map[string][]byte{}, Xattrs: map[string][]byte{}}
	for i := range 100 {
		ws.Omap[fmt.Sprintf("%03d", i)] = make([]byte, 1000)
	}
	m.Apply(ws)
	snap := &countedSnapshot{Snapshot: m.Snapshot(1)}
	o := store.NewOverlay(context.Background(), snap, store.Limits{})
	o.BoundListings(5000)
	pairs, more, err := o.OmapList("", "", -1)
	if err != nil || !more || len(pairs) != 5 || snap.values != 5 {
		t.Errorf("%d pairs, more %v, %d values read, %v", len(pairs), more, snap.values, err)
	}
	if keys, more, err := o.OmapKeys("", "", -1); err != nil || !more || len(keys) != 39 {
		t.Errorf("%d keys, more %v, %v", len(keys), more, err)
	}
	for i := range 100 {
		if err := o.SetXattr(fmt.Sprint(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if xattrs, err := o.Xattrs(); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("%d xattrs, %v", len(xattrs), err)
	}
	if snap.most != 5000 {
		t.Errorf("the snapshot was asked for %d bytes of xattrs", snap.most)
	}
}

// countedSnapshot counts the omap values that are read.
type countedSnapshot struct {
	store.Snapshot
	values int
	most   int64
}

func (s *countedSnapshot) Xattrs(most int64) ([]store.KeyValue, error) {
	s.most = most
	return s.Snapshot.Xattrs(most)
}

func (s *countedSnapshot) OmapIter(start string) (store.OmapIter, error) {
	it, err := s.Snapshot.OmapIter(start)
	return &countedIter{it, s}, err
}

type countedIter struct {
	store.OmapIter
	snap *countedSnapshot
}

func (it *countedIter) Value() ([]byte, error) {
	it.snap.values++
	return it.OmapIter.Value()
}

// Where there are many runs, the layer below is read once and not between each two of them; where there are few, what they
// hide is not read.
func TestReadsBelowAreFew(t *testing.T) {
	m := &storetest.Model{}
	m.Apply(&store.WriteSet{Data: &store.DataChange{Size: 100_000}})
	snap := &countedReads{Snapshot: m.Snapshot(1)}
	o := store.NewOverlay(context.Background(), snap, store.Limits{})
	if err := o.Write(10_000, make([]byte, 50_000)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Read(0, 100_000); err != nil || snap.reads != 2 || snap.bytes != 50_000 {
		t.Errorf("one run: %d reads of %d bytes, %v", snap.reads, snap.bytes, err)
	}
	for i := range int64(1000) {
		if err := o.Write(70_000+2*i, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	snap.reads, snap.bytes = 0, 0
	got, err := o.Read(70_000, 2000)
	if err != nil || string(got) != strings.Repeat("x\x00", 1000) || snap.reads != 1 {
		t.Errorf("many runs: %d reads, %v", snap.reads, err)
	}
}

type countedReads struct {
	store.Snapshot
	reads, bytes int
}

func (s *countedReads) ReadAt(p []byte, off int64) error {
	s.reads++
	s.bytes += len(p)
	return s.Snapshot.ReadAt(p, off)
}

// A listing of xattrs is bounded, whether they are the snapshot's or were set since.
func TestXattrListingsAreBounded(t *testing.T) {
	o := newOverlay(store.Limits{Xattrs: 10 * (100 + 128)})
	for i := range 10 {
		if err := o.SetXattr(fmt.Sprint(i), make([]byte, 99)); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := o.Xattrs(); len(all) != 10 || err != nil {
		t.Errorf("at the limit: %d xattrs, %v", len(all), err)
	}
	if err := o.SetXattr("", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Xattrs(); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("above the limit: %v", err)
	}
	if err := o.RemoveXattr("5"); err != nil {
		t.Fatal(err)
	}
	if all, err := o.Xattrs(); len(all) != 10 || err != nil {
		t.Errorf("below the limit again: %d xattrs, %v", len(all), err)
	}
}

// Methods neither make nor remove the mark of an interrupted import.
func TestReservedXattr(t *testing.T) {
	o := store.NewOverlay(t.Context(), (&storetest.Model{}).Snapshot(0), store.Limits{})
	for name, err := range map[string]error{
		"set":    o.SetXattr(store.PartialXattr, nil),
		"remove": errors.Join(o.SetXattr("x", nil), o.RemoveXattr(store.PartialXattr)),
	} {
		if !errors.Is(err, store.ErrInvalid) || !strings.Contains(err.Error(), "reserved") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
