package storetest

// This file is a model of one object, as plain as can be, and random operations that hold an overlay against it.

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
)

// Model is an object without engine, overlay and write sets: each operation changes it at once.
type Model struct {
	exists bool
	data   []byte
	xattrs map[string]string
	header string
	omap   map[string]string
}

func (m *Model) create() {
	if !m.exists {
		*m = Model{exists: true, xattrs: map[string]string{}, omap: map[string]string{}}
	}
}

func (m *Model) resize(size int) {
	m.data = append(slices.Clone(m.data[:min(size, len(m.data))]), make([]byte, max(0, size-len(m.data)))...)
}

func (m *Model) object() object {
	return object{m.exists, string(m.data), formatMap(m.xattrs), m.header, formatMap(m.omap)}
}

// Clone returns a copy that changes on its own.
func (m *Model) Clone() *Model {
	return &Model{m.exists, slices.Clone(m.data), maps.Clone(m.xattrs), m.header, maps.Clone(m.omap)}
}

// Apply makes the steps of a write set, as package store documents them.
func (m *Model) Apply(ws *store.WriteSet) {
	if ws.Remove || ws.Reset {
		*m = Model{}
	}
	if ws.Remove {
		return
	}
	m.create()
	if d := ws.Data; d != nil {
		m.resize(int(d.Keep))
		m.resize(int(d.Size))
		for _, e := range d.Extents {
			clear(m.data[e.Off:][:e.Len])
			copy(m.data[e.Off:], e.Bytes)
		}
	}
	change := func(m map[string]string, changes map[string][]byte) {
		for k, v := range changes {
			if v == nil {
				delete(m, k)
			} else {
				m[k] = string(v)
			}
		}
	}
	change(m.xattrs, ws.Xattrs)
	if ws.OmapClear {
		clear(m.omap)
		m.header = ""
	}
	if ws.OmapHeader != nil {
		m.header = string(ws.OmapHeader)
	}
	for _, r := range ws.OmapRanges {
		m.removeRange(r)
	}
	change(m.omap, ws.Omap)
}

func (m *Model) removeRange(r store.KeyRange) {
	maps.DeleteFunc(m.omap, func(key, _ string) bool { return key >= r.First && (r.Open || key < r.End) })
}

// Snapshot returns a view of the model, which must not change while it is used.
func (m *Model) Snapshot(version uint64) store.Snapshot { return &modelSnapshot{m, version} }

type modelSnapshot struct {
	m       *Model
	version uint64
}

func (s *modelSnapshot) Stat() (store.Stat, bool) {
	if !s.m.exists {
		return store.Stat{}, false
	}
	return store.Stat{Size: int64(len(s.m.data)), Version: s.version}, true
}

func (s *modelSnapshot) ReadAt(p []byte, off int64) error {
	if off < 0 || off+int64(len(p)) > int64(len(s.m.data)) {
		return fmt.Errorf("read of %d bytes at %d of %d", len(p), off, len(s.m.data))
	}
	copy(p, s.m.data[off:])
	return nil
}

func (s *modelSnapshot) Xattr(name string) ([]byte, bool, error) {
	v, ok := s.m.xattrs[name]
	return []byte(v), ok, nil
}

func (s *modelSnapshot) Xattrs(int64) ([]store.KeyValue, error) { return sorted(s.m.xattrs), nil }
func (s *modelSnapshot) OmapHeader() ([]byte, error)            { return []byte(s.m.header), nil }

func (s *modelSnapshot) OmapValue(key string) ([]byte, bool, error) {
	v, ok := s.m.omap[key]
	return []byte(v), ok, nil
}

func (s *modelSnapshot) OmapIter(start string) (store.OmapIter, error) {
	kvs := slices.DeleteFunc(sorted(s.m.omap), func(kv store.KeyValue) bool { return kv.Key < start })
	return &modelIter{kvs: kvs, i: -1}, nil
}

func (s *modelSnapshot) Close() error { return nil }

func sorted(m map[string]string) []store.KeyValue {
	var kvs []store.KeyValue
	for _, k := range slices.Sorted(maps.Keys(m)) {
		kvs = append(kvs, store.KeyValue{Key: k, Value: []byte(m[k])})
	}
	return kvs
}

type modelIter struct {
	kvs []store.KeyValue
	i   int
}

func (it *modelIter) Next() bool             { it.i++; return it.i < len(it.kvs) }
func (it *modelIter) Key() string            { return it.kvs[it.i].Key }
func (it *modelIter) Value() ([]byte, error) { return it.kvs[it.i].Value, nil }
func (it *modelIter) Err() error             { return nil }
func (it *modelIter) Close() error           { return nil }

// ModelLimits are limits that random operations reach now and then.
var ModelLimits = store.Limits{ObjectSize: 150_000, XattrName: 20, XattrValue: 4000, OmapKey: 20, OmapValue: 4000}

// Borders of sizes where engines and the overlay may change how they store data.
var borders = []int{0, 1, 10, 1024, 2048, 4096, 16 << 10, 32 << 10, 64 << 10, 100_000, 150_000}

var (
	genValue = rapid.Custom(func(t *rapid.T) string {
		n := rapid.SampledFrom([]int{0, 1, 5, 60, 600, 3999, 4001}).Draw(t, "length")
		return strings.Repeat(string(rune('a'+rapid.IntRange(0, 25).Draw(t, "letter"))), n)
	})
	genKey   = rapid.SampledFrom([]string{"", "a", "a\x00", "ab", "b", "c", "c\x00", "d", "\xff", "\xff\xff", strings.Repeat("k", 21)})
	genBound = rapid.OneOf(genKey, rapid.Map(rapid.IntRange(0, rowLength), rowKey))
	genRange = rapid.Custom(func(t *rapid.T) store.KeyRange {
		r := store.KeyRange{First: genBound.Draw(t, "first")}
		if r.Open = rapid.IntRange(0, 7).Draw(t, "open") == 0; !r.Open {
			r.End = genBound.Draw(t, "end")
		}
		return r
	})
)

// A row is so many keys that lie side by side that it is worth while to pass over them at once.
const rowLength = 50

func rowKey(i int) string { return fmt.Sprintf("r%02d", i) }

// Step draws one operation, makes it on o and on m, and fails t unless both give the same. It hands o bytes of which it
// keeps no copy, and spoils those that o returns: o must own the first and not depend on the second.
func Step(t *rapid.T, o *store.Overlay, m *Model) {
	names := slices.Sorted(maps.Keys(operations))
	if rapid.Bool().Draw(t, "of the omap") { // where a read and the changes that matter to it are many
		names = slices.DeleteFunc(names, func(name string) bool { return !strings.Contains(name, "omap") })
	}
	name := rapid.SampledFrom(names).Draw(t, "operation")
	operations[name](step{t, o, m})
	if o.Exists() != m.exists || o.Size() != int64(len(m.data)) {
		t.Fatalf("after %s: exists %v, size %d; want %v, %d", name, o.Exists(), o.Size(), m.exists, len(m.data))
	}
}

type step struct {
	t *rapid.T
	o *store.Overlay
	m *Model
}

// agree fails unless err is what the model says.
func (s step) agree(err error, want *store.Error) (ok bool) {
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		s.t.Fatalf("error %v, want %v", err, want)
	}
	return want == nil
}

func (s step) equal(got []byte, want string) {
	if string(got) != want {
		s.t.Fatalf("got %.100q of %d bytes, want %.100q of %d", got, len(got), want, len(want))
	}
	clear(got)
}

// exist is the error of operations that need the object.
func (s step) exist() *store.Error {
	if !s.m.exists {
		return store.ErrNotFound
	}
	return nil
}

// rarely reports whether to do what ends all that the operations before have built up.
func (s step) rarely() bool { return rapid.IntRange(0, 5).Draw(s.t, "rarely") == 0 }

func (s step) fits(off, n int) *store.Error {
	if off < 0 || off+n > int(ModelLimits.ObjectSize) {
		return store.ErrTooLarge
	}
	return nil
}

func (s step) lookUp(m map[string]string, key string, missing *store.Error) (string, *store.Error) {
	v, ok := m[key]
	if !s.m.exists {
		return "", store.ErrNotFound
	}
	if !ok {
		return "", missing
	}
	return v, nil
}

func checkPair(key, value string) *store.Error {
	if len(key) > 20 {
		return store.ErrNameTooLong
	}
	if len(value) > 4000 {
		return store.ErrTooLarge
	}
	return nil
}

// offset draws a number at or near a border, which may be that of the data.
func (s step) offset(what string) int {
	size := len(s.m.data)
	border := rapid.SampledFrom(append([]int{size, size, size / 2}, borders...)).Draw(s.t, what)
	return border + rapid.IntRange(-2, 2).Draw(s.t, "near")
}

func (s step) data() string {
	n := max(0, s.offset("size"))
	letter := rapid.SampledFrom([]string{"x", "yz", "\x00"}).Draw(s.t, "data")
	return strings.Repeat(letter, n/len(letter))
}

func (s step) write(off int, data string, do func() error) {
	if !s.agree(do(), s.fits(off, len(data))) {
		return
	}
	s.m.create()
	if data != "" {
		s.m.resize(max(len(s.m.data), off+len(data)))
		copy(s.m.data[off:], data)
	}
}

var operations = map[string]func(s step){
	"create": func(s step) {
		exclusive := rapid.Bool().Draw(s.t, "exclusive")
		var want *store.Error
		if s.m.exists && exclusive {
			want = store.ErrExists
		}
		if s.agree(s.o.Create(exclusive), want) {
			s.m.create()
		}
	},
	"remove": func(s step) {
		if !s.rarely() {
			return
		}
		if s.agree(s.o.Remove(), s.exist()) {
			*s.m = Model{}
		}
	},
	"stat": func(s step) {
		st, err := s.o.Stat()
		if s.agree(err, s.exist()) && st.Size != int64(len(s.m.data)) {
			s.t.Fatalf("stat %+v, want size %d", st, len(s.m.data))
		}
	},
	"read": func(s step) {
		off, n := s.offset("off"), s.offset("length")
		got, err := s.o.Read(int64(off), int64(n))
		if off < 0 || n < 0 {
			s.agree(err, store.ErrTooLarge)
			return
		}
		s.agree(err, nil)
		off = min(off, len(s.m.data))
		s.equal(got, string(s.m.data[off:min(off+n, len(s.m.data))]))
	},
	"write": func(s step) {
		off, data := s.offset("off"), s.data()
		s.write(off, data, func() error { return s.o.Write(int64(off), []byte(data)) })
	},
	"write small": func(s step) {
		off, data := max(0, len(s.m.data)-rapid.IntRange(0, 20).Draw(s.t, "before end")), rapid.SampledFrom([]string{"", "1", "23456"}).Draw(s.t, "data")
		s.write(off, data, func() error { return s.o.Write(int64(off), []byte(data)) })
	},
	"append": func(s step) {
		data := s.data()
		s.write(len(s.m.data), data, func() error { return s.o.Append([]byte(data)) })
	},
	"write full": func(s step) {
		data := s.data()
		if s.agree(s.o.WriteFull([]byte(data)), s.fits(0, len(data))) {
			s.m.create()
			s.m.data = []byte(data)
		}
	},
	"truncate": func(s step) {
		size := s.offset("size")
		if s.agree(s.o.Truncate(int64(size)), s.fits(size, 0)) && s.m.exists {
			s.m.resize(size)
		}
	},
	"zero": func(s step) {
		off, n := s.offset("off"), s.offset("length")
		err := s.o.Zero(int64(off), int64(n))
		if off < 0 || n < 0 {
			s.agree(err, store.ErrTooLarge)
			return
		}
		s.agree(err, nil)
		off = min(off, len(s.m.data))
		clear(s.m.data[off:min(off+n, len(s.m.data))])
	},
	"xattr": func(s step) {
		name := genKey.Draw(s.t, "name")
		got, err := s.o.Xattr(name)
		want, werr := s.lookUp(s.m.xattrs, name, store.ErrNoXattr)
		s.agree(err, werr)
		s.equal(got, want)
	},
	"xattrs": func(s step) {
		got, err := s.o.Xattrs()
		s.agree(err, s.exist())
		s.equal([]byte(format(got)), formatMap(s.m.xattrs))
	},
	"set xattr": func(s step) {
		name, value := genKey.Draw(s.t, "name"), genValue.Draw(s.t, "value")
		if s.agree(s.o.SetXattr(name, []byte(value)), checkPair(name, value)) {
			s.m.create()
			s.m.xattrs[name] = value
		}
	},
	"remove xattr": func(s step) {
		name := genKey.Draw(s.t, "name")
		if s.agree(s.o.RemoveXattr(name), s.exist()) {
			delete(s.m.xattrs, name)
		}
	},
	"omap header": func(s step) {
		got, err := s.o.OmapHeader()
		s.agree(err, nil)
		s.equal(got, s.m.header)
	},
	"set omap header": func(s step) {
		value := genValue.Draw(s.t, "header")
		if s.agree(s.o.SetOmapHeader([]byte(value)), checkPair("", value)) {
			s.m.create()
			s.m.header = value
		}
	},
	"omap value": func(s step) {
		key := genKey.Draw(s.t, "key")
		got, err := s.o.OmapValue(key)
		want, werr := s.lookUp(s.m.omap, key, store.ErrNoKey)
		s.agree(err, werr)
		s.equal(got, want)
	},
	"set omap value": func(s step) {
		key, value := genKey.Draw(s.t, "key"), genValue.Draw(s.t, "value")
		if s.agree(s.o.SetOmapValue(key, []byte(value)), checkPair(key, value)) {
			s.m.create()
			s.m.omap[key] = value
		}
	},
	"set omap values": func(s step) {
		kvs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) store.KeyValue {
			return store.KeyValue{Key: genKey.Draw(t, "key"), Value: []byte(genValue.Draw(t, "value"))}
		}), 0, 4).Draw(s.t, "pairs")
		var want *store.Error // of the first pair that has one
		for _, kv := range kvs {
			if want == nil {
				want = checkPair(kv.Key, string(kv.Value))
			}
		}
		if s.agree(s.o.SetOmapValues(kvs), want) {
			s.m.create()
			for _, kv := range kvs {
				s.m.omap[kv.Key] = string(kv.Value)
			}
		}
	},
	"set row of omap values": func(s step) {
		var kvs []store.KeyValue
		first := rapid.IntRange(0, rowLength).Draw(s.t, "first")
		for i := first; i < rowLength; i++ {
			kvs = append(kvs, store.KeyValue{Key: rowKey(i), Value: fmt.Append(nil, first)})
		}
		s.agree(s.o.SetOmapValues(kvs), nil)
		s.m.create()
		for i := first; i < rowLength; i++ {
			s.m.omap[rowKey(i)] = fmt.Sprint(first)
		}
	},
	"remove omap key": func(s step) {
		key := genKey.Draw(s.t, "key")
		if s.agree(s.o.RemoveOmapKey(key), s.exist()) {
			delete(s.m.omap, key)
		}
	},
	"remove omap range": func(s step) {
		r := genRange.Draw(s.t, "range")
		want := s.exist()
		if want == nil {
			want = cmp.Or(checkPair(r.First, ""), checkPair(r.End, ""))
		}
		if s.agree(s.o.RemoveOmapRange(r), want) {
			s.m.removeRange(r)
		}
	},
	"clear omap": func(s step) {
		if !s.rarely() {
			return
		}
		if s.agree(s.o.ClearOmap(), s.exist()) {
			clear(s.m.omap)
			s.m.header = ""
		}
	},
	"list omap": func(s step) {
		after, prefix := genKey.Draw(s.t, "after"), rapid.SampledFrom([]string{"", "a", "b", "r", "\xff", "none"}).Draw(s.t, "prefix")
		max := rapid.Int64Range(-1, 4).Draw(s.t, "max")
		want := slices.DeleteFunc(sorted(s.m.omap), func(kv store.KeyValue) bool {
			return after != "" && kv.Key <= after || !strings.HasPrefix(kv.Key, prefix)
		})
		wantMore := max >= 0 && int64(len(want)) > max
		if wantMore {
			want = want[:max]
		}
		got, more, err := s.o.OmapList(after, prefix, max)
		s.agree(err, nil)
		keys, moreKeys, err := s.o.OmapKeys(after, prefix, max)
		s.agree(err, nil)
		if more != wantMore || moreKeys != wantMore || len(keys) != len(got) {
			s.t.Fatalf("more: %v and %v, want %v; %d pairs and %d keys", more, moreKeys, wantMore, len(got), len(keys))
		}
		for i := range keys {
			if keys[i] != got[i].Key {
				s.t.Fatalf("keys %q differ from pairs %q", keys, got)
			}
		}
		s.equal([]byte(format(got)), format(want))
		for _, kv := range got {
			clear(kv.Value)
		}
	},
}

// Same fails t unless a snapshot shows what m is.
func (m *Model) Same(t *rapid.T, snap store.Snapshot) {
	st, ok := snap.Stat()
	data := bytes.Repeat([]byte{0xee}, int(st.Size))
	if ok {
		if err := snap.ReadAt(data, 0); err != nil {
			t.Fatal(err)
		}
	}
	xattrs, err := snap.Xattrs(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	header, err := snap.OmapHeader()
	if err != nil {
		t.Fatal(err)
	}
	it, err := snap.OmapIter("")
	if err != nil {
		t.Fatal(err)
	}
	var omap []store.KeyValue
	for it.Next() {
		v, err := it.Value()
		if err != nil {
			t.Fatal(err)
		}
		omap = append(omap, store.KeyValue{Key: it.Key(), Value: bytes.Clone(v)})
	}
	if err := errors.Join(it.Err(), it.Close()); err != nil {
		t.Fatal(err)
	}
	got := object{ok, string(data), format(xattrs), string(header), format(omap)}
	if want := m.object(); got != want {
		t.Fatalf("object is\n%s\nwant\n%s", got.shortened(), want.shortened())
	}
}

// testRandom commits random write sets, built by overlays, and compares the object with the model after each.
func testRandom(f fixture) {
	object := 0
	rapid.Check(f.T, func(t *rapid.T) {
		object++
		r := ref(fmt.Sprint("o", object))
		m := &Model{}
		for range rapid.IntRange(3, 6).Draw(t, "commits") {
			snap, err := f.s.Snapshot(f.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			o := store.NewOverlay(context.Background(), snap, ModelLimits)
			for range rapid.IntRange(2, 8).Draw(t, "operations") {
				Step(t, o, m)
			}
			if o.Changed() {
				_, err = f.s.Commit(f.Context(), r, o.Version(), o.WriteSet())
			}
			if err := errors.Join(err, snap.Close()); err != nil {
				t.Fatal(err)
			}
			if snap, err = f.s.Snapshot(f.Context(), r); err != nil {
				t.Fatal(err)
			}
			m.Same(t, snap)
			if err := snap.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
