package objclass

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/store"
)

// newObject returns the context of a method over what an object "o" has after setup; without setup it is absent.
func newObject(t *testing.T, limits store.Limits, flags Flags, setup func(*store.Overlay) error) *Object {
	t.Helper()
	h := newHouse(t, Options{}, nil)
	if setup != nil {
		if _, err := h.Update(t.Context(), ref("o"), setup); err != nil {
			t.Fatal(err)
		}
	}
	snapshot, err := h.store.Snapshot(t.Context(), ref("o"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { snapshot.Close() })
	return NewObject(t.Context(), store.NewOverlay(context.Background(), snapshot, limits), flags)
}

// operations are all operations of an Object; writes are those that need WR.
var (
	reads = map[string]func(*Object) error{
		"Stat":       func(o *Object) error { _, _, err := o.Stat(); return err },
		"Read":       func(o *Object) error { _, err := o.Read(0, 0); return err },
		"Xattr":      func(o *Object) error { _, err := o.Xattr("x"); return err },
		"Xattrs":     func(o *Object) error { _, err := o.Xattrs(); return err },
		"OmapKeys":   func(o *Object) error { _, _, err := o.OmapKeys("", "", -1); return err },
		"OmapValues": func(o *Object) error { _, _, err := o.OmapValues("", "", -1); return err },
		"OmapValue":  func(o *Object) error { _, err := o.OmapValue("k"); return err },
		"OmapPage":   func(o *Object) error { _, _, err := o.OmapPage("", "", 1, 1); return err },
		"OmapByKeys": func(o *Object) error { _, err := o.OmapValuesByKeys([]string{"k"}); return err },
		"OmapHeader": func(o *Object) error { _, err := o.OmapHeader(); return err },
	}
	writes = map[string]func(*Object) error{
		"Append":          func(o *Object) error { return o.Append(nil) },
		"Truncate":        func(o *Object) error { return o.Truncate(1) },
		"Zero":            func(o *Object) error { return o.Zero(0, 1) },
		"RemoveXattr":     func(o *Object) error { return o.RemoveXattr("x") },
		"RemoveOmapRange": func(o *Object) error { return o.RemoveOmapRange(KeyRange{Open: true}) },
		"Create":          func(o *Object) error { return o.Create(false) },
		"Remove":          func(o *Object) error { return o.Remove() },
		"Write":           func(o *Object) error { return o.Write(0, []byte("d")) },
		"WriteFull":       func(o *Object) error { return o.WriteFull([]byte("d")) },
		"SetXattr":        func(o *Object) error { return o.SetXattr("x", []byte("v")) },
		"OmapClear":       func(o *Object) error { return o.OmapClear() },
		"SetOmapValues":   func(o *Object) error { return o.SetOmapValues([]store.KeyValue{{Key: "k", Value: []byte("v")}}) },
		"RemoveOmapKey":   func(o *Object) error { return o.RemoveOmapKey("k") },
		"SetOmapHeader":   func(o *Object) error { return o.SetOmapHeader([]byte("h")) },
	}
)

func TestOperationsOfAnAbsentObject(t *testing.T) {
	enoent := []string{"Stat", "Xattr", "Xattrs", "OmapValue", "Remove", "RemoveXattr", "OmapClear", "RemoveOmapKey", "RemoveOmapRange"}
	without := []string{"Truncate", "Zero"} // they leave it absent
	for _, operations := range []map[string]func(*Object) error{reads, writes} {
		for name, operation := range operations {
			o := newObject(t, store.Limits{}, RD|WR, nil)
			want := syscall.Errno(0)
			if slices.Contains(enoent, name) {
				want = syscall.ENOENT
			}
			if got := store.Errno(operation(o)); got != want {
				t.Errorf("%s gave %v, want %v", name, got, want)
			}
			_, writes := writes[name]
			if made := writes && want == 0 && !slices.Contains(without, name); o.overlay.Exists() != made {
				t.Errorf("after %s the object exists: %v", name, !made)
			}
		}
	}
}

func TestWritesNeedTheFlag(t *testing.T) {
	setup := func(o *store.Overlay) error {
		return errors.Join(o.WriteFull([]byte("old")), o.SetOmapValue("k", []byte("v")))
	}
	for _, flags := range []Flags{0, RD} {
		o := newObject(t, store.Limits{}, flags, setup)
		for name, write := range writes {
			wantError(t, write(o), syscall.EPERM, KindOp, "WR")
			if o.overlay.Changed() {
				t.Fatalf("%s, refused, had an effect", name)
			}
		}
		if o.Ops() != int64(len(writes)) {
			t.Errorf("%d operations were counted, %d asked for", o.Ops(), len(writes))
		}
	}
}

func TestOperationsObserveTheContext(t *testing.T) {
	o := newObject(t, store.Limits{}, RD|WR, func(o *store.Overlay) error { return o.Create(true) })
	ctx, cancel := context.WithCancel(t.Context())
	o.ctx = ctx
	cancel()
	for _, operations := range []map[string]func(*Object) error{reads, writes} {
		for name, operation := range operations {
			if e := OpError(operation(o)); e.Errno != uint64(syscall.ECANCELED) {
				t.Errorf("%s gave %v", name, e)
			}
		}
	}
	if o.overlay.Changed() {
		t.Error("an operation had an effect")
	}
}

func TestErrnos(t *testing.T) {
	o := newObject(t, store.Limits{}, RD|WR, func(o *store.Overlay) error { return o.WriteFull([]byte("0123456789")) })
	_, noXattr := o.Xattr("x")
	_, noKey := o.OmapValue("k")
	for _, c := range []struct {
		name string
		err  error
		want syscall.Errno
	}{
		{"xattr", noXattr, syscall.ENODATA},
		{"omap value", noKey, syscall.ENOENT},
		{"exclusive create", o.Create(true), syscall.EEXIST},
		{"create", o.Create(false), 0},
		{"negative offset", o.Write(-1, nil), syscall.EFBIG},
		{"xattr name", o.SetXattr(string(make([]byte, 101)), nil), syscall.ENAMETOOLONG},
		{"remove a missing key", o.RemoveOmapKey("k"), 0},
		{"remove a missing xattr", o.RemoveXattr("x"), 0},
		{"remove a reversed range", o.RemoveOmapRange(KeyRange{First: "b", End: "a"}), 0},
		{"remove a range of long keys", o.RemoveOmapRange(KeyRange{End: string(make([]byte, 64<<10+1))}), syscall.ENAMETOOLONG},
		{"negative size", o.Truncate(-1), syscall.EFBIG},
		{"negative length", o.Zero(0, -1), syscall.EFBIG},
	} {
		if got := store.Errno(c.err); got != c.want {
			t.Errorf("%s gave %v, want %v", c.name, got, c.want)
		}
	}
}

func TestReadLengths(t *testing.T) {
	o := newObject(t, store.Limits{}, RD|WR, func(o *store.Overlay) error { return o.WriteFull([]byte("0123456789")) })
	for _, c := range []struct {
		off, length int64
		want        string
	}{
		{0, 0, "0123456789"}, {4, 0, "456789"}, {4, 3, "456"}, {8, 5, "89"}, {10, 0, ""}, {99, 0, ""}, {99, 5, ""},
		{2, 1 << 62, "23456789"},
		{2, -1, "23456789"},
		{2, math.MinInt64, "23456789"},
		{10, -1, ""},
		{1 << 62, -1, ""},
		{-1, 5, ""},
		{-1, 0, ""},
		{math.MinInt64, math.MinInt64, ""},
	} {
		if got, err := o.Read(c.off, c.length); err != nil || string(got) != c.want {
			t.Errorf("Read(%d, %d) is %q, %v, want %q", c.off, c.length, got, err, c.want)
		}
	}
}

func TestStatOfACreatedObject(t *testing.T) {
	o := newObject(t, store.Limits{}, RD|WR, nil)
	if err := o.Write(2, []byte("x")); err != nil {
		t.Fatal(err)
	}
	size, mtime, err := o.Stat()
	if err != nil || size != 3 || time.Since(mtime).Abs() > time.Minute || o.Version() != 0 {
		t.Errorf("size %d, mtime %v, version %d, %v", size, mtime, o.Version(), err)
	}
}

func TestSetOmapValuesChecksAllFirst(t *testing.T) {
	limits := store.Limits{OmapKey: 3, OmapValue: 5}
	for name, c := range map[string]struct {
		bad  store.KeyValue
		want syscall.Errno
	}{
		"key":   {store.KeyValue{Key: "long"}, syscall.ENAMETOOLONG},
		"value": {store.KeyValue{Key: "k", Value: make([]byte, 6)}, syscall.EFBIG},
	} {
		o := newObject(t, limits, RD|WR, nil)
		err := o.SetOmapValues([]store.KeyValue{{Key: "ok", Value: []byte("v")}, c.bad})
		if store.Errno(err) != c.want || o.overlay.Changed() || o.overlay.Exists() {
			t.Errorf("%s gave %v, changed %v", name, err, o.overlay.Changed())
		}
		if err := o.SetOmapValues(nil); err != nil || !o.overlay.Exists() {
			t.Errorf("setting no pairs gave %v, exists %v", err, o.overlay.Exists())
		}
	}
}

func TestSetOmapValuesSetsAllOrNone(t *testing.T) {
	h := newHouse(t, Options{Limits: store.Limits{WriteSet: 1000}}, map[string]testMethod{
		"m": onObject(func(o *Object, _ []byte) ([]byte, error) {
			kvs := []store.KeyValue{{Key: "a", Value: []byte("fits")}, {Key: "b", Value: bytes.Repeat([]byte("x"), 1000)}}
			if err := o.SetOmapValues(kvs); store.Errno(err) != syscall.EFBIG {
				t.Errorf("the write set took more than its limit: %v", err)
			}
			return nil, nil // as a script that catches every error
		}),
	})
	if _, err := h.call(t.Context(), "o", "m"); err != nil {
		t.Fatal(err)
	}
	if got := h.data(t, "o"); got != "(absent)" {
		t.Errorf("half of a map was committed")
	}
}
