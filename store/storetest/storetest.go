// Package storetest is the conformance suite of storage engines: what package store promises, as tests that every engine
// passes unchanged. It assumes nothing beyond that: not where versions begin, nor by how much they rise.
package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/objluad/objluad/store"
)

// Run runs the suite. Each test opens a store of its own, which open closes when the test ends; the store need not be
// empty, but its pool "default" must hold no objects.
func Run(t *testing.T, open func(t *testing.T) store.Store) { run(t, open, false) }

// RunOvertaken is Run for an engine whose snapshots of large objects may end when they are overtaken.
func RunOvertaken(t *testing.T, open func(t *testing.T) store.Store) { run(t, open, true) }

func run(t *testing.T, open func(t *testing.T) store.Store, mayEnd bool) {
	for _, test := range []struct {
		name string
		run  func(f fixture)
	}{
		{"Absent", testAbsent},
		{"Create", testCreate},
		{"Remove", testRemove},
		{"Reset", testReset},
		{"Versions", testVersions},
		{"Conflict", testConflict},
		{"Data", testData},
		{"DataKeep", testDataKeep},
		{"DataSparse", testDataSparse},
		{"DataGrowsAndShrinks", testDataGrowsAndShrinks},
		{"Xattrs", testXattrs},
		{"XattrsMany", testXattrsMany},
		{"Omap", testOmap},
		{"OmapClear", testOmapClear},
		{"OmapRanges", testOmapRanges},
		{"OmapMany", testOmapMany},
		{"Ownership", testOwnership},
		{"Random", testRandom},
		{"XattrsBound", testXattrsBound},
		{"Names", testNames},
		{"Isolation", testIsolation},
		{"Overtaken", testOvertaken},
		{"OneWinner", testOneWinner},
		{"ManyObjects", testManyObjects},
		{"List", testList},
		{"ListNamespaces", testListNamespaces},
		{"Walk", testWalk},
		{"WalkWhileChanging", testWalkWhileChanging},
		{"Usage", testUsage},
		{"Pools", testPools},
		{"PoolRemoved", testPoolRemoved},
		{"PoolRemovedWhileCommitting", testPoolRemovedWhileCommitting},
		{"Canceled", testCanceled},
		{"Closed", testClosed},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.run(fixture{t, open(t), mayEnd})
		})
	}
}

// fixture is a store under test. Its methods fail the test on an error.
type fixture struct {
	*testing.T
	s      store.Store
	mayEnd bool // snapshots of large objects may end when they are overtaken
}

func ref(oid string) store.Ref { return store.Ref{Pool: "default", OID: oid} }

func (f fixture) check(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// fails checks that err is target, and carries its errno.
func (f fixture) fails(err error, target *store.Error) {
	f.Helper()
	if !errors.Is(err, target) {
		f.Fatalf("error %v, want %v", err, target)
	}
	if got := store.Errno(err); got != target.Errno {
		f.Fatalf("errno %v, want %v", got, target.Errno)
	}
}

// commit commits ws over the version that the object has.
func (f fixture) commit(r store.Ref, ws *store.WriteSet) uint64 {
	f.Helper()
	v, err := f.s.Commit(f.Context(), r, f.version(r), ws)
	f.check(err)
	return v
}

// snapshot opens a snapshot, which the test closes.
func (f fixture) snapshot(r store.Ref) store.Snapshot {
	f.Helper()
	snap, err := f.s.Snapshot(f.Context(), r)
	f.check(err)
	return snap
}

func (f fixture) close(snap store.Snapshot) {
	f.Helper()
	f.check(snap.Close())
}

func (f fixture) version(r store.Ref) uint64 {
	f.Helper()
	snap := f.snapshot(r)
	defer f.close(snap)
	st, _ := snap.Stat()
	return st.Version
}

// object is all that a snapshot shows, in a form that compares.
type object struct {
	exists bool
	data   string
	xattrs string
	header string
	omap   string
}

func (f fixture) read(snap store.Snapshot) object {
	f.Helper()
	st, ok := snap.Stat()
	if !ok && st != (store.Stat{}) {
		f.Fatalf("an absent object has stat %+v", st)
	}
	if ok && st.Version == 0 {
		f.Fatal("an object has version 0")
	}
	data := make([]byte, st.Size)
	for i := range data {
		data[i] = 0xee // what a snapshot must overwrite, with zeros too
	}
	if ok {
		f.check(snap.ReadAt(data, 0))
	}
	xattrs, err := snap.Xattrs(1 << 30)
	f.check(err)
	header, err := snap.OmapHeader()
	f.check(err)
	return object{ok, string(data), format(xattrs), string(header), format(f.omap(snap, ""))}
}

func (f fixture) omap(snap store.Snapshot, start string) []store.KeyValue {
	f.Helper()
	it, err := snap.OmapIter(start)
	f.check(err)
	var kvs []store.KeyValue
	for it.Next() {
		v, err := it.Value()
		f.check(err)
		kvs = append(kvs, store.KeyValue{Key: it.Key(), Value: []byte(string(v))})
	}
	f.check(it.Err())
	f.check(it.Close())
	return kvs
}

func format(kvs []store.KeyValue) string {
	var b strings.Builder
	for _, kv := range kvs {
		b.WriteString(kv.Key + "=" + string(kv.Value) + ";")
	}
	return b.String()
}

// shows checks what the object is now.
func (f fixture) shows(r store.Ref, want object) {
	f.Helper()
	snap := f.snapshot(r)
	defer f.close(snap)
	f.same(f.read(snap), want)
}

func (f fixture) same(got, want object) {
	f.Helper()
	if got != want {
		f.Fatalf("object is\n%s\nwant\n%s", got.shortened(), want.shortened())
	}
}

func (o object) shortened() string {
	short := func(s string) string {
		if len(s) > 200 {
			return s[:100] + "…" + s[len(s)-100:]
		}
		return s
	}
	if !o.exists {
		return "absent"
	}
	return strings.Join([]string{short(o.data), short(o.xattrs), short(o.header), short(o.omap)}, " | ")
}

// full is a write set that makes data the whole of an object's data.
func full(data string) *store.WriteSet {
	d := &store.DataChange{Size: int64(len(data))}
	if data != "" {
		d.Extents = []store.Extent{bytesAt(0, data)}
	}
	return &store.WriteSet{Data: d}
}

func bytesAt(off int64, data string) store.Extent {
	return store.Extent{Off: off, Len: int64(len(data)), Bytes: []byte(data)}
}

func zeros(n int) string { return strings.Repeat("\x00", n) }

func testCanceled(f fixture) {
	r := ref("o")
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	if _, err := f.s.Snapshot(ctx, r); !errors.Is(err, context.Canceled) {
		f.Errorf("Snapshot: %v", err)
	}
	if _, err := f.s.Commit(ctx, r, 0, full("x")); !errors.Is(err, context.Canceled) {
		f.Errorf("Commit: %v", err)
	}
	if _, _, err := f.s.List(ctx, "default", "", "", 1); !errors.Is(err, context.Canceled) {
		f.Errorf("List: %v", err)
	}
	if err := f.s.Walk(ctx, "default", func(string, string) error { return nil }); !errors.Is(err, context.Canceled) {
		f.Errorf("Walk: %v", err)
	}
	if _, err := f.s.Usage(ctx, "default"); !errors.Is(err, context.Canceled) {
		f.Errorf("Usage: %v", err)
	}
	if err := f.s.CreatePool(ctx, "p"); !errors.Is(err, context.Canceled) {
		f.Errorf("CreatePool: %v", err)
	}
	f.shows(r, object{})
}

func testClosed(f fixture) {
	f.commit(ref("o"), full("x"))
	f.check(f.s.Close())
	_, err := f.s.Snapshot(f.Context(), ref("o"))
	f.fails(err, store.ErrClosed)
	_, err = f.s.Commit(f.Context(), ref("o"), 1, full("y"))
	f.fails(err, store.ErrClosed)
	_, _, err = f.s.List(f.Context(), "default", "", "", 1)
	f.fails(err, store.ErrClosed)
	f.fails(f.s.Walk(f.Context(), "default", func(string, string) error { return nil }), store.ErrClosed)
	_, err = f.s.Usage(f.Context(), "default")
	f.fails(err, store.ErrClosed)
	_, err = f.s.Space(f.Context())
	f.fails(err, store.ErrClosed)
	f.fails(f.s.CreatePool(f.Context(), "p"), store.ErrClosed)
	f.check(f.s.Close())
}
