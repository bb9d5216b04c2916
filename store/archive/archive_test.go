package archive_test

// This file moves objects between stores, and looks at what arrives.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/archive"
	"github.com/objluad/objluad/store/pebblestore"
)

// object is all that an object has, in a form that compares.
type object struct {
	data   string
	xattrs map[string]string
	header string
	omap   map[string]string
}

func (o object) equal(other object) bool {
	return o.data == other.data && maps.Equal(o.xattrs, other.xattrs) && o.header == other.header && maps.Equal(o.omap, other.omap)
}

type fataler interface {
	Helper()
	Fatal(...any)
}

func check(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openStore(t fataler) store.Store {
	s, err := pebblestore.Open("data", pebblestore.Options{
		FS: vfs.NewMem(), Logger: slog.New(slog.DiscardHandler), MemTableSize: 1 << 20, CacheSize: 1 << 20})
	check(t, err)
	return s
}

// empty leaves an empty pool "default".
func empty(t fataler, s store.Store) {
	pools, err := s.Pools(context.Background())
	check(t, err)
	for _, pool := range pools {
		check(t, s.RemovePool(context.Background(), pool))
	}
	check(t, s.CreatePool(context.Background(), "default"))
}

func asBytes(m map[string]string) map[string][]byte {
	b := make(map[string][]byte)
	for k, v := range m {
		b[k] = []byte(v)
	}
	return b
}

// put makes an object.
func put(t fataler, s store.Store, ref store.Ref, o object) {
	t.Helper()
	ws := &store.WriteSet{Xattrs: asBytes(o.xattrs), Omap: asBytes(o.omap)}
	if o.data != "" {
		ws.Data = &store.DataChange{Size: int64(len(o.data)), Extents: []store.Extent{{Len: int64(len(o.data)), Bytes: []byte(o.data)}}}
	}
	if o.header != "" {
		ws.OmapHeader = []byte(o.header)
	}
	_, err := s.Commit(context.Background(), ref, 0, ws)
	check(t, err)
}

// get reads an object.
func get(t fataler, s store.Store, ref store.Ref) (o object) {
	t.Helper()
	snap, err := s.Snapshot(context.Background(), ref)
	check(t, err)
	defer snap.Close()
	st, _ := snap.Stat()
	data := make([]byte, st.Size)
	check(t, snap.ReadAt(data, 0))
	xattrs, err := snap.Xattrs(1 << 40)
	check(t, err)
	header, err := snap.OmapHeader()
	check(t, err)
	o = object{data: string(data), xattrs: map[string]string{}, header: string(header), omap: map[string]string{}}
	for _, kv := range xattrs {
		o.xattrs[kv.Key] = string(kv.Value)
	}
	it, err := snap.OmapIter("")
	check(t, err)
	defer it.Close()
	for it.Next() {
		v, err := it.Value()
		check(t, err)
		o.omap[it.Key()] = string(v)
	}
	check(t, it.Err())
	return o
}

// all reads all objects.
func all(t fataler, s store.Store) map[store.Ref]object {
	t.Helper()
	objects := make(map[store.Ref]object)
	pools, err := s.Pools(context.Background())
	check(t, err)
	for _, pool := range pools {
		check(t, s.Walk(context.Background(), pool, func(namespace, oid string) error {
			ref := store.Ref{Pool: pool, Namespace: namespace, OID: oid}
			objects[ref] = get(t, s, ref)
			return nil
		}))
	}
	return objects
}

func same(t fataler, got, want map[store.Ref]object) {
	t.Helper()
	if !maps.EqualFunc(got, want, object.equal) {
		for ref := range want {
			if o, ok := got[ref]; !ok || !o.equal(want[ref]) {
				t.Fatal(fmt.Sprintf("%q is %.200q, want %.200q", ref, fmt.Sprint(o), fmt.Sprint(want[ref])))
			}
		}
		t.Fatal(fmt.Sprintf("%d objects, want %d", len(got), len(want)))
	}
}

func export(t fataler, s store.Store, compress bool) []byte {
	t.Helper()
	pools, err := s.Pools(context.Background())
	check(t, err)
	var b bytes.Buffer
	totals, err := archive.Export(context.Background(), s, &b, archive.ExportOptions{Pools: pools, Compress: compress})
	check(t, err)
	verified, err := archive.Verify(bytes.NewReader(b.Bytes()))
	check(t, err)
	if totals != verified {
		t.Fatal(fmt.Sprintf("exported %+v, the archive has %+v", totals, verified))
	}
	return b.Bytes()
}

func imported(t fataler, s store.Store, b []byte, opts archive.ImportOptions) archive.Imported {
	t.Helper()
	done, err := archive.Import(context.Background(), s, bytes.NewReader(b), opts)
	check(t, err)
	return done
}

var (
	names  = rapid.SampledFrom([]string{"", "a", "a\x00", "\x00", "\xff", "\xff\xff", "/", "é", "long" + strings.Repeat("n", 90)})
	oids   = names.Filter(func(s string) bool { return s != "" })
	values = rapid.OneOf(rapid.Just(""), rapid.StringN(0, 30, -1),
		rapid.Custom(func(t *rapid.T) string { return strings.Repeat("v", rapid.IntRange(0, 5000).Draw(t, "length")) }))
	pairs = rapid.MapOfN(names, values, 0, 6)
	// datas are sparse, and long enough to be read in several pieces.
	datas = rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 5).Draw(t, "runs") {
			n := rapid.SampledFrom([]int{0, 1, 100, 4095, 4096, 4097, 70_000}).Draw(t, "length")
			b.WriteString(strings.Repeat(rapid.SampledFrom([]string{"\x00", "x"}).Draw(t, "byte"), n))
		}
		return b.String()
	})
	objects = rapid.Custom(func(t *rapid.T) object {
		return object{datas.Draw(t, "data"), pairs.Draw(t, "xattrs"), values.Draw(t, "header"), pairs.Draw(t, "omap")}
	})
	refs = rapid.Custom(func(t *rapid.T) store.Ref {
		return store.Ref{Pool: rapid.SampledFrom([]string{"default", "other"}).Draw(t, "pool"), Namespace: names.Draw(t, "namespace"), OID: oids.Draw(t, "oid")}
	})
)

// Whatever objects have arrives in another store; and what the other store exports arrives as well, with the same records.
func TestRoundTrip(t *testing.T) {
	first, second := openStore(t), openStore(t)
	defer first.Close()
	defer second.Close()
	rapid.Check(t, func(t *rapid.T) {
		empty(t, first)
		empty(t, second)
		check(t, first.CreatePool(context.Background(), "other"))
		want := rapid.MapOfN(refs, objects, 0, 8).Draw(t, "objects")
		for ref, o := range want {
			put(t, first, ref, o)
		}
		b := export(t, first, rapid.Bool().Draw(t, "compress"))
		done := imported(t, second, b, archive.ImportOptions{})
		if done.Created != int64(len(want)) || done.Pools != 1 {
			t.Fatalf("%+v, want %d objects", done, len(want))
		}
		same(t, all(t, second), want)
		again := records(t, export(t, second, false))
		if !maps.EqualFunc(records(t, b), again, slices.Equal) {
			t.Fatal("the second archive has other records")
		}
		if done := imported(t, second, b, archive.ImportOptions{}); done != (archive.Imported{Same: int64(len(want))}) {
			t.Fatalf("once more: %+v", done)
		}
	})
}

// records returns the records of each object, as text.
func records(t fataler, b []byte) map[store.Ref][]string {
	t.Helper()
	r, err := archive.NewReader(bytes.NewReader(b))
	check(t, err)
	defer r.Close()
	all := make(map[store.Ref][]string)
	var ref store.Ref
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return all
		}
		check(t, err)
		switch rec.Kind {
		case archive.KindPool, archive.KindTrailer:
			continue
		case archive.KindObject:
			ref = rec.Ref
		}
		all[ref] = append(all[ref], fmt.Sprintf("%d %q %d %d %q %x", rec.Kind, rec.Ref, rec.Size, rec.Off, rec.Key, sha256.Sum256(rec.Bytes)))
	}
}

// commitBytes makes an object that is several commits a small one.
const commitBytes = 64 << 10

// large returns an object that is more than one commit.
func large() object {
	o := object{data: strings.Repeat("\x00", 5<<10) + strings.Repeat("0123456789abcdef", 15<<10) + strings.Repeat("\x00", 7777),
		xattrs: map[string]string{"x": "y"}, header: "header", omap: map[string]string{}}
	for i := range 1000 {
		o.omap[fmt.Sprintf("%07d", i)] = fmt.Sprint("value ", i)
	}
	return o
}

// An object of several commits arrives in any case, where there is none and in the place of others; while it does, it is marked.
func TestLargeObject(t *testing.T) {
	first, second := openStore(t), openStore(t)
	defer first.Close()
	defer second.Close()
	ref := store.Ref{Pool: "default", Namespace: "n", OID: "large"}
	put(t, first, ref, large())
	want := all(t, first)
	b := export(t, first, true)

	counted := &commits{Store: second}
	done, err := archive.Import(t.Context(), counted, bytes.NewReader(b), archive.ImportOptions{CommitBytes: commitBytes})
	if err != nil || done.Created != 1 || counted.n.Load() < 3 {
		t.Fatalf("%+v after %d commits, %v", done, counted.n.Load(), err)
	}
	same(t, all(t, second), want)
	if done := imported(t, second, b, archive.ImportOptions{CommitBytes: commitBytes}); done.Same != 1 {
		t.Errorf("once more: %+v", done)
	}
	snap, err := second.Snapshot(t.Context(), ref)
	check(t, err)
	stat, _ := snap.Stat()
	snap.Close()
	_, err = second.Commit(t.Context(), ref, stat.Version, &store.WriteSet{Omap: map[string][]byte{"0000999": []byte("other")}})
	check(t, err)
	if done := imported(t, second, b, archive.ImportOptions{CommitBytes: commitBytes, Existing: archive.Replace}); done.Replaced != 1 {
		t.Errorf("in the place of another: %+v", done)
	}
	same(t, all(t, second), want)

	// However many commits an import gets to make, what it leaves is marked, is not exported, and is mended by the next one.
	for n := int64(1); ; n++ {
		third := openStore(t)
		_, err := archive.Import(t.Context(), &commits{Store: third, fails: n}, bytes.NewReader(b), archive.ImportOptions{CommitBytes: commitBytes})
		if err == nil {
			third.Close()
			if n < 4 {
				t.Errorf("it took %d commits", n-1)
			}
			break
		}
		left := all(t, third)
		if _, marked := left[ref].xattrs[store.PartialXattr]; !marked && n > 1 {
			t.Errorf("after %d commits it has no mark", n-1)
		}
		if _, err := archive.Export(t.Context(), third, io.Discard, archive.ExportOptions{Pools: []string{"default"}}); n > 1 && !errors.Is(err, syscall.EINPROGRESS) {
			t.Errorf("the half of an object was exported: %v", err)
		}
		imported(t, third, b, archive.ImportOptions{CommitBytes: commitBytes, Existing: archive.Skip})
		same(t, all(t, third), want)
		third.Close()
	}
}

// commits counts commits, and fails from one on.
type commits struct {
	store.Store
	n     atomic.Int64
	fails int64 // 0: never
}

func (c *commits) Commit(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet) (uint64, error) {
	if n := c.n.Add(1); c.fails > 0 && n >= c.fails {
		return 0, store.ErrNoSpace
	}
	return c.Store.Commit(ctx, ref, expected, ws)
}

// Data of several reads arrives, with what is sparse in it; the archive has no bytes of that.
func TestSparseData(t *testing.T) {
	first, second := openStore(t), openStore(t)
	defer first.Close()
	defer second.Close()
	ref := store.Ref{Pool: "default", OID: "sparse"}
	const size = 100<<20 + 1
	_, err := first.Commit(t.Context(), ref, 0, &store.WriteSet{Data: &store.DataChange{Size: size, Extents: []store.Extent{
		{Off: 1<<20 - 1, Len: 2, Bytes: []byte("ab")}, {Off: 50 << 20, Len: 1, Bytes: []byte("c")}, {Off: size - 1, Len: 1, Bytes: []byte("d")}}}})
	check(t, err)
	b := export(t, first, false)
	if len(b) > 20<<10 {
		t.Errorf("the archive has %d bytes", len(b))
	}
	imported(t, second, b, archive.ImportOptions{})
	if got := get(t, second, ref).data; got != get(t, first, ref).data || len(got) != size {
		t.Errorf("%d bytes of data are not as they were", len(got))
	}
}

// changing is a store whose objects are changed while they are read: each read of data fails, as often as it says.
type changing struct {
	store.Store
	times atomic.Int64
}

func (c *changing) Snapshot(ctx context.Context, ref store.Ref) (store.Snapshot, error) {
	snap, err := c.Store.Snapshot(ctx, ref)
	return &changingSnapshot{snap, c}, err
}

type changingSnapshot struct {
	store.Snapshot
	s *changing
}

// ReadAt fails behind the first MiB, which is in the archive then.
func (s *changingSnapshot) ReadAt(p []byte, off int64) error {
	if off >= 1<<20 && s.s.times.Add(-1) >= 0 {
		return store.ErrConflict
	}
	return s.Snapshot.ReadAt(p, off)
}

// What an archive has of an object that changed meanwhile is void; it has the object as it was later. One that changes for ever
// ends the export.
func TestChangedMeanwhile(t *testing.T) {
	first, second := openStore(t), openStore(t)
	defer first.Close()
	defer second.Close()
	ref := store.Ref{Pool: "default", OID: "o"}
	put(t, first, ref, object{data: strings.Repeat("x", 3<<20)})
	put(t, first, store.Ref{Pool: "default", OID: "p"}, object{data: "small"})
	s := &changing{Store: first}
	s.times.Store(2)
	b := export(t, s, false)
	if len(b) < 5<<20 {
		t.Errorf("the archive has %d bytes: nothing of it was void", len(b))
	}
	if done := imported(t, second, b, archive.ImportOptions{}); done.Created != 2 {
		t.Errorf("%+v", done)
	}
	same(t, all(t, second), all(t, first))

	s.times.Store(1 << 30)
	_, err := archive.Export(t.Context(), s, io.Discard, archive.ExportOptions{Pools: []string{"default"}})
	if !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), `"o"`) {
		t.Errorf("an object that changes for ever: %v", err)
	}
}

// What is there already stays, is replaced or ends the import, as was asked for. What is the same is left in any case.
func TestExisting(t *testing.T) {
	first := openStore(t)
	defer first.Close()
	a, b := store.Ref{Pool: "default", OID: "a"}, store.Ref{Pool: "default", OID: "b"}
	const data = "archived" + "\x00\x00\x00\x00\x00\x00\x00\x00"
	hole := strings.Repeat("\x00", 3*4096)
	put(t, first, a, object{data: data + hole + "end", omap: map[string]string{"k": "v"}})
	put(t, first, b, object{data: "b"})
	packed := export(t, first, false)
	for name, other := range map[string]object{
		"data":   {data: data + hole + "End", omap: map[string]string{"k": "v"}},
		"hole":   {data: data + hole[:2*4096] + "x" + hole[2*4096+1:] + "end", omap: map[string]string{"k": "v"}},
		"longer": {data: data + hole + "end\x00", omap: map[string]string{"k": "v"}},
		"xattr":  {data: data + hole + "end", omap: map[string]string{"k": "v"}, xattrs: map[string]string{"x": ""}},
		"header": {data: data + hole + "end", omap: map[string]string{"k": "v"}, header: "h"},
		"value":  {data: data + hole + "end", omap: map[string]string{"k": "w"}},
		"key":    {data: data + hole + "end", omap: map[string]string{"l": "v"}},
		"more":   {data: data + hole + "end", omap: map[string]string{"k": "v", "l": ""}},
		"none":   {data: data + hole + "end"},
	} {
		s := openStore(t)
		put(t, s, a, other)
		put(t, s, b, object{data: "b"})
		before := all(t, s)
		for _, dry := range []bool{true, false} {
			_, err := archive.Import(t.Context(), s, bytes.NewReader(packed), archive.ImportOptions{DryRun: dry})
			if !errors.Is(err, store.ErrExists) || !strings.Contains(err.Error(), `"a"`) {
				t.Errorf("%s: refused with %v", name, err)
			}
		}
		if done := imported(t, s, packed, archive.ImportOptions{Existing: archive.Skip}); done.Skipped != 2 || done.Objects() != 0 {
			t.Errorf("%s: skipped %+v", name, done)
		}
		if done := imported(t, s, packed, archive.ImportOptions{Existing: archive.Replace, DryRun: true}); done.Replaced != 1 || done.Same != 1 {
			t.Errorf("%s: would replace %+v", name, done)
		}
		same(t, all(t, s), before)
		if done := imported(t, s, packed, archive.ImportOptions{Existing: archive.Replace}); done.Replaced != 1 || done.Same != 1 {
			t.Errorf("%s: replaced %+v", name, done)
		}
		same(t, all(t, s), all(t, first))
		check(t, s.Close())
	}
}

// Of the daemon's own pools only the default namespace is exported; and whoever imports may refuse pools.
func TestPools(t *testing.T) {
	first, second := openStore(t), openStore(t)
	defer first.Close()
	defer second.Close()
	check(t, first.CreatePool(t.Context(), ".own"))
	put(t, first, store.Ref{Pool: ".own", OID: "class"}, object{data: "class"})
	put(t, first, store.Ref{Pool: ".own", Namespace: "control", OID: "watched"}, object{data: "x"})
	b := export(t, first, false)
	refuse := func(name string) error {
		if name == ".own" {
			return store.ErrInvalid
		}
		return nil
	}
	if _, err := archive.Import(t.Context(), second, bytes.NewReader(b), archive.ImportOptions{CheckPool: refuse}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("a pool that is refused: %v", err)
	}
	if done := imported(t, second, b, archive.ImportOptions{}); done != (archive.Imported{Pools: 1, Created: 1, Bytes: 5}) {
		t.Errorf("%+v", done)
	}
}
