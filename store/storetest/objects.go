package storetest

// This file tests what one object is and becomes: data, xattrs, omap, existence and version.

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/objluad/objluad/store"
)

func testAbsent(f fixture) {
	snap := f.snapshot(ref("o"))
	defer f.close(snap)
	f.same(f.read(snap), object{})
	if _, ok, err := snap.Xattr("x"); ok || err != nil {
		f.Errorf("Xattr: %v, %v", ok, err)
	}
	if _, ok, err := snap.OmapValue("k"); ok || err != nil {
		f.Errorf("OmapValue: %v, %v", ok, err)
	}
	_, err := f.s.Snapshot(f.Context(), store.Ref{Pool: "nowhere", OID: "o"})
	f.fails(err, store.ErrNoPool)
	_, err = f.s.Commit(f.Context(), store.Ref{Pool: "nowhere", OID: "o"}, 0, full("x"))
	f.fails(err, store.ErrNoPool)
}

func testCreate(f fixture) {
	before := time.Now().Add(-2 * time.Second) // engines may have coarser clocks, or one of their own
	v1 := f.commit(ref("o"), &store.WriteSet{})
	f.shows(ref("o"), object{exists: true})
	snap := f.snapshot(ref("o"))
	st, _ := snap.Stat()
	f.close(snap)
	if st.Version != v1 || st.Size != 0 {
		f.Errorf("stat %+v, want version %d and size 0", st, v1)
	}
	if st.MTime.Before(before) || st.MTime.After(time.Now().Add(2*time.Second)) {
		f.Errorf("mtime %v is not now", st.MTime)
	}
	last := f.commit(ref("o"), full("data"))
	for i, ws := range []*store.WriteSet{
		{}, {Xattrs: map[string][]byte{"absent": nil}}, {Omap: map[string][]byte{"absent": nil}}, {OmapClear: true},
		{Data: &store.DataChange{Keep: 4, Size: 4}}, full("data"),
	} {
		v := f.commit(ref("o"), ws)
		if v <= last {
			f.Errorf("commit %d, which changes nothing, gave version %d after %d", i, v, last)
		}
		last = v
	}
	f.shows(ref("o"), object{exists: true, data: "data"})
}

// everything sets all that an object can have. With large, more of each than an engine may keep in one place.
func everything(large bool) (*store.WriteSet, object) {
	n := 1
	if large {
		n = 9000
	}
	long := func(s string) string { return strings.Repeat(s, n) }
	ws := full(long("data"))
	ws.Xattrs = map[string][]byte{"a": []byte(long("1")), "b": {}}
	ws.OmapHeader = []byte(long("head"))
	ws.Omap = map[string][]byte{"k": []byte(long("v")), "": {}}
	return ws, object{true, long("data"), "a=" + long("1") + ";b=;", long("head"), "=;k=" + long("v") + ";"}
}

func testRemove(f fixture) {
	for _, large := range []bool{false, true} {
		r := ref(fmt.Sprint("o", large))
		ws, want := everything(large)
		created := f.commit(r, ws)
		f.shows(r, want)
		removed := f.commit(r, &store.WriteSet{Remove: true})
		if removed <= created {
			f.Errorf("removal has version %d, the object had %d", removed, created)
		}
		f.shows(r, object{})
		f.commit(r, &store.WriteSet{})
		f.shows(r, object{exists: true})
		f.commit(r, &store.WriteSet{Remove: true})
	}
	v, err := f.s.Commit(f.Context(), ref("absent"), 0, &store.WriteSet{Remove: true})
	f.check(err)
	if v != 0 {
		f.Errorf("removing nothing gave version %d", v)
	}
	f.shows(ref("absent"), object{})
}

func testReset(f fixture) {
	for _, large := range []bool{false, true} {
		r := ref(fmt.Sprint("o", large))
		ws, want := everything(large)
		v := f.commit(r, ws)
		f.shows(r, want)
		reset := full("new")
		reset.Reset = true
		reset.Xattrs = map[string][]byte{"c": []byte("3"), "a": nil}
		reset.Omap = map[string][]byte{"l": []byte("w")}
		if after := f.commit(r, reset); after <= v {
			f.Errorf("version %d after a reset of %d", after, v)
		}
		f.shows(r, object{true, "new", "c=3;", "", "l=w;"})
		f.commit(r, &store.WriteSet{Reset: true})
		f.shows(r, object{exists: true})
		ws, want = everything(!large)
		ws.Reset = true
		f.commit(r, ws)
		f.shows(r, want)
	}
}

func testVersions(f fixture) {
	seen := make(map[uint64]bool)
	var last uint64
	for i := range 60 {
		ws := full(fmt.Sprint(i))
		if i%4 == 3 {
			ws = &store.WriteSet{Remove: true}
		}
		v := f.commit(ref("o"), ws)
		if v <= last || seen[v] {
			f.Fatalf("commit %d has version %d after %d", i, v, last)
		}
		seen[v], last = true, v
		if current := f.version(ref("o")); !ws.Remove && current != v {
			f.Fatalf("commit returned version %d, the object has %d", v, current)
		}
		// An object whose versions are far ahead must not pull back, nor be pulled back by, one that lags.
		other := ref(fmt.Sprint("other", i%2))
		f.commit(other, full("x"))
		if i%5 == 0 {
			f.commit(other, &store.WriteSet{Remove: true})
		}
	}
}

func testConflict(f fixture) {
	ctx, r := f.Context(), ref("o")
	_, err := f.s.Commit(ctx, r, 7, full("x"))
	f.fails(err, store.ErrConflict)
	_, err = f.s.Commit(ctx, r, 7, &store.WriteSet{Remove: true})
	f.fails(err, store.ErrConflict)
	f.shows(r, object{})

	v1 := f.commit(r, full("one"))
	for _, ws := range []*store.WriteSet{full("x"), {Remove: true}, {Reset: true}, {}} {
		_, err = f.s.Commit(ctx, r, 0, ws)
		f.fails(err, store.ErrConflict)
	}
	v2 := f.commit(r, full("two"))
	_, err = f.s.Commit(ctx, r, v1, full("x"))
	f.fails(err, store.ErrConflict)
	f.shows(r, object{exists: true, data: "two"})

	f.commit(r, &store.WriteSet{Remove: true})
	for _, stale := range []uint64{v1, v2} {
		_, err = f.s.Commit(ctx, r, stale, full("x"))
		f.fails(err, store.ErrConflict)
	}
	f.commit(r, full("three"))
	for _, stale := range []uint64{0, v1, v2} {
		_, err = f.s.Commit(ctx, r, stale, full("x"))
		f.fails(err, store.ErrConflict)
	}
	f.shows(r, object{exists: true, data: "three"})
}

func testData(f fixture) {
	r := ref("o")
	f.commit(r, full("0123456789"))
	f.commit(r, &store.WriteSet{Data: &store.DataChange{Keep: 10, Size: 12, Extents: []store.Extent{
		bytesAt(2, "ab"), {Off: 5, Len: 2}, bytesAt(9, "xyz"),
	}}})
	f.shows(r, object{exists: true, data: "01ab4\x00\x0078xyz"})
	snap := f.snapshot(r)
	defer f.close(snap)
	p := []byte("....")
	f.check(snap.ReadAt(p, 3))
	if string(p) != "b4\x00\x00" {
		f.Errorf("read %q", p)
	}
	f.check(snap.ReadAt(nil, 12))
	f.commit(r, full(""))
	f.shows(r, object{exists: true})
}

// Bytes that were dropped do not come back, wherever the border lies and whatever is written behind it.
func testDataKeep(f fixture) {
	for _, size := range []int{10, 3000, 16 << 10, 100_000, 300_000} {
		old := strings.Repeat("abcdefg", size/7+1)[:size]
		for _, keep := range []int{0, 1, size / 3, size - 1, size} {
			r := ref(fmt.Sprintf("o-%d-%d", size, keep))
			f.commit(r, full(old))
			f.commit(r, &store.WriteSet{Data: &store.DataChange{Keep: int64(keep), Size: int64(size + 5)}})
			f.shows(r, object{exists: true, data: old[:keep] + zeros(size+5-keep)})

			f.commit(r, full(old))
			f.commit(r, &store.WriteSet{Data: &store.DataChange{Keep: int64(keep), Size: int64(keep)}})
			f.shows(r, object{exists: true, data: old[:keep]})
			f.commit(r, &store.WriteSet{Data: &store.DataChange{Keep: int64(keep), Size: int64(2 * size)}})
			f.shows(r, object{exists: true, data: old[:keep] + zeros(2*size-keep)})

			f.commit(r, full(old))
			f.commit(r, &store.WriteSet{Data: &store.DataChange{Keep: int64(keep), Size: int64(size + 9),
				Extents: []store.Extent{bytesAt(int64(size+2), "end")}}})
			f.shows(r, object{exists: true, data: old[:keep] + zeros(size+2-keep) + "end" + zeros(4)})
		}
	}
}

func testDataSparse(f fixture) {
	r := ref("o")
	const far = 5 << 20
	f.commit(r, &store.WriteSet{Data: &store.DataChange{Size: far + 4, Extents: []store.Extent{
		bytesAt(1<<20, "middle"), bytesAt(far-1, "end"),
	}}})
	want := []byte(zeros(far + 4))
	copy(want[1<<20:], "middle")
	copy(want[far-1:], "end")
	f.shows(r, object{exists: true, data: string(want)})

	// Zeros over what is there, and over holes.
	f.commit(r, &store.WriteSet{Data: &store.DataChange{Keep: far + 4, Size: far + 4, Extents: []store.Extent{
		{Off: 2, Len: 1<<20 + 1}, {Off: 2 << 20, Len: 1 << 20},
	}}})
	clear(want[2 : 1<<20+3])
	f.shows(r, object{exists: true, data: string(want)})
}

func testDataGrowsAndShrinks(f fixture) {
	r := ref("o")
	var want string
	for i := range 40 {
		add := strings.Repeat(string(rune('a'+i%26)), 1+i*137)
		size := int64(len(want))
		f.commit(r, &store.WriteSet{Data: &store.DataChange{Keep: size, Size: size + int64(len(add)),
			Extents: []store.Extent{bytesAt(size, add)}}})
		want += add
		if i%9 == 8 {
			want = want[:len(want)/(i+1)]
			f.commit(r, &store.WriteSet{Data: &store.DataChange{Keep: int64(len(want)), Size: int64(len(want))}})
		}
		f.shows(r, object{exists: true, data: want})
	}
	f.commit(r, full("small"))
	f.shows(r, object{exists: true, data: "small"})
	want = strings.Repeat("large", 50_000)
	f.commit(r, full(want))
	f.shows(r, object{exists: true, data: want})
}

func testXattrs(f fixture) {
	r := ref("o")
	f.commit(r, &store.WriteSet{Xattrs: map[string][]byte{"b": []byte("2"), "a": []byte("1"), "e": {}, "absent": nil}})
	f.shows(r, object{exists: true, xattrs: "a=1;b=2;e=;"})
	f.commit(r, &store.WriteSet{Xattrs: map[string][]byte{"a": nil, "b": {}, "absent": nil}})
	f.shows(r, object{exists: true, xattrs: "b=;e=;"})

	snap := f.snapshot(r)
	defer f.close(snap)
	if v, ok, err := snap.Xattr("e"); !ok || err != nil || len(v) != 0 {
		f.Errorf("an empty xattr: %q, %v, %v", v, ok, err)
	}
	for _, name := range []string{"a", "absent", ""} {
		if _, ok, err := snap.Xattr(name); ok || err != nil {
			f.Errorf("xattr %q: %v, %v", name, ok, err)
		}
	}
}

func testXattrsMany(f fixture) {
	r := ref("o")
	want := make(map[string]string)
	for round := range 5 {
		changes := make(map[string][]byte)
		for i := range 20 {
			name := fmt.Sprintf("%03d", round*13+i)
			want[name] = strings.Repeat(name, i*10)
			changes[name] = []byte(want[name])
		}
		gone := fmt.Sprintf("%03d", round*13+1)
		delete(want, gone)
		changes[gone] = nil
		f.commit(r, &store.WriteSet{Xattrs: changes})
		f.shows(r, object{exists: true, xattrs: formatMap(want)})
	}
	snap := f.snapshot(r)
	defer f.close(snap)
	for name, value := range want {
		if v, ok, err := snap.Xattr(name); !ok || err != nil || string(v) != value {
			f.Errorf("xattr %s: %q, %v, %v", name, v, ok, err)
		}
	}
}

func testOmap(f fixture) {
	r := ref("o")
	f.commit(r, &store.WriteSet{OmapHeader: []byte("h"), Omap: map[string][]byte{
		"b": []byte("2"), "a\x00": []byte("1"), "a": {}, "\xff": []byte("9"), "": []byte("0"), "absent": nil,
	}})
	f.shows(r, object{exists: true, header: "h", omap: "=0;a=;a\x00=1;b=2;\xff=9;"})
	f.commit(r, &store.WriteSet{Omap: map[string][]byte{"b": nil, "": {}, "c": []byte("3"), "absent": nil}})
	f.shows(r, object{exists: true, header: "h", omap: "=;a=;a\x00=1;c=3;\xff=9;"})
	f.commit(r, &store.WriteSet{OmapHeader: []byte{}})
	f.shows(r, object{exists: true, omap: "=;a=;a\x00=1;c=3;\xff=9;"})

	snap := f.snapshot(r)
	defer f.close(snap)
	for start, want := range map[string]string{
		"a": "a=;a\x00=1;c=3;\xff=9;", "a\x00": "a\x00=1;c=3;\xff=9;", "b": "c=3;\xff=9;", "\xff\x00": "",
	} {
		if got := format(f.omap(snap, start)); got != want {
			f.Errorf("from %q: %q, want %q", start, got, want)
		}
	}
	if v, ok, err := snap.OmapValue(""); !ok || err != nil || len(v) != 0 {
		f.Errorf("the empty key: %q, %v, %v", v, ok, err)
	}
	if _, ok, err := snap.OmapValue("b"); ok || err != nil {
		f.Errorf("a removed key: %v, %v", ok, err)
	}
}

func testOmapClear(f fixture) {
	for _, large := range []bool{false, true} {
		r := ref(fmt.Sprint("o", large))
		ws, want := everything(large)
		f.commit(r, ws)
		f.commit(r, &store.WriteSet{OmapClear: true})
		want.header, want.omap = "", ""
		f.shows(r, want)

		ws, want = everything(large)
		f.commit(r, ws)
		f.commit(r, &store.WriteSet{OmapClear: true, Omap: map[string][]byte{"k": []byte("new"), "": nil}})
		want.header, want.omap = "", "k=new;"
		f.shows(r, want)

		f.commit(r, &store.WriteSet{OmapClear: true, OmapHeader: []byte("h")})
		want.header, want.omap = "h", ""
		f.shows(r, want)
	}
}

// Ranges are removed before keys are set, and take nothing else with them: not the header, xattrs, or data, whose keys may lie
// beside those of the omap.
func testOmapRanges(f fixture) {
	for _, large := range []bool{false, true} {
		r := ref(fmt.Sprint("o", large))
		ws, _ := everything(large)
		ws.Omap = make(map[string][]byte)
		keys := []string{"", "a", "a\x00", "b", "c", "\xff", "\xff\xff"}
		for i := range 100 {
			keys = append(keys, fmt.Sprintf("m%02d", i))
		}
		for _, key := range keys {
			ws.Omap[key] = []byte("v")
		}
		f.commit(r, ws)
		left := make(map[string]string)
		for _, step := range []struct {
			ranges []store.KeyRange
			set    string // a key
		}{
			{[]store.KeyRange{{First: "nothing", End: "o"}}, ""},
			{[]store.KeyRange{{First: "a", End: "a\x00"}}, ""},
			{[]store.KeyRange{{First: "m05", End: "m08"}, {First: "m20", End: "m90"}}, "m50"},
			{[]store.KeyRange{{First: "\xff\xff", Open: true}}, ""},
			{[]store.KeyRange{{First: "", End: "a"}, {First: "c", Open: true}}, "z"},
			{[]store.KeyRange{{First: "", Open: true}}, "\xff"},
		} {
			change := &store.WriteSet{OmapRanges: step.ranges}
			maps.DeleteFunc(ws.Omap, func(key string, _ []byte) bool { return within(step.ranges, key) })
			if step.set != "" {
				change.Omap = map[string][]byte{step.set: []byte("new")}
				ws.Omap[step.set] = []byte("new")
			}
			f.commit(r, change)
			clear(left)
			for key, value := range ws.Omap {
				left[key] = string(value)
			}
			_, want := everything(large)
			want.omap = formatMap(left)
			f.shows(r, want)
		}
	}
	f.commit(ref("new"), &store.WriteSet{OmapRanges: []store.KeyRange{{Open: true}}})
	f.shows(ref("new"), object{exists: true})
}

func within(ranges []store.KeyRange, key string) bool {
	for _, r := range ranges {
		if key >= r.First && (r.Open || key < r.End) {
			return true
		}
	}
	return false
}

func testOmapMany(f fixture) {
	r := ref("o")
	want := make(map[string]string)
	for round := range 4 {
		changes := make(map[string][]byte)
		for i := range 300 {
			key := fmt.Sprintf("%04d", i*7%1000+round)
			if i%3 == 2 {
				changes[key] = nil
				delete(want, key)
			} else {
				want[key] = fmt.Sprint(round, i)
				changes[key] = []byte(want[key])
			}
		}
		f.commit(r, &store.WriteSet{Omap: changes, OmapHeader: fmt.Append(nil, round)})
		f.shows(r, object{exists: true, header: fmt.Sprint(round), omap: formatMap(want)})
	}
}

// What a snapshot returns is the caller's.
func testOwnership(f fixture) {
	for _, large := range []bool{false, true} {
		r := ref(fmt.Sprint("o", large))
		ws, want := everything(large)
		f.commit(r, ws)
		snap := f.snapshot(r)
		for range 2 {
			for _, get := range []func() ([]byte, bool, error){
				func() ([]byte, bool, error) { return snap.Xattr("a") },
				func() ([]byte, bool, error) { return snap.OmapValue("k") },
				func() ([]byte, bool, error) { v, err := snap.OmapHeader(); return v, true, err },
			} {
				v, ok, err := get()
				if !ok || err != nil {
					f.Fatal(ok, err)
				}
				clear(v)
			}
			xattrs, err := snap.Xattrs(1 << 30)
			f.check(err)
			for _, kv := range xattrs {
				clear(kv.Value)
			}
			f.same(f.read(snap), want)
		}
		f.close(snap)
		f.shows(r, want)
	}
}

// A listing of xattrs that would take more than it may is refused. What an engine keeps in the object's own record it may
// list all the same.
func testXattrsBound(f fixture) {
	r := ref("many xattrs")
	xattrs := map[string][]byte{}
	for i := range 100 {
		xattrs[fmt.Sprint("x", i)] = make([]byte, 1000)
	}
	f.commit(r, &store.WriteSet{Xattrs: xattrs})
	snap := f.snapshot(r)
	defer f.close(snap)
	if _, err := snap.Xattrs(50_000); !errors.Is(err, store.ErrTooLarge) {
		f.Errorf("a listing of 100 kB under a bound of 50 kB: %v", err)
	}
	if all, err := snap.Xattrs(200_000); err != nil || len(all) != 100 {
		f.Errorf("a listing of 100 kB under a bound of 200 kB: %d xattrs, %v", len(all), err)
	}
}

// Names are bytes; those that are alike in some encoding stay apart.
func testNames(f fixture) {
	parts := []string{"a", "\x00", "\x00\x01", "\x00\x01a", "\x00\xff", "a\x00", "a\x00b", "/", "a/b", "\xff", "\xff\xff", "\x01", "é",
		strings.Repeat("n", 200)}
	var refs []store.Ref
	for _, oid := range parts {
		for _, ns := range append(parts, "") {
			refs = append(refs, store.Ref{Pool: "default", Namespace: ns, OID: oid})
		}
	}
	mark := func(r store.Ref) string { return fmt.Sprintf("%q/%q", r.Namespace, r.OID) }
	for i, r := range refs {
		ws := full(mark(r))
		if i%3 == 0 { // some of them with more than fits beside the name
			ws.Xattrs = map[string][]byte{"\x00/\xff": []byte(strings.Repeat("x", 3000))}
			ws.Omap = map[string][]byte{"\x00/\xff": []byte(strings.Repeat("x", 3000))}
		}
		f.commit(r, ws)
	}
	gone := make(map[store.Ref]bool)
	for i, r := range refs {
		if i%2 == 0 {
			f.commit(r, &store.WriteSet{Remove: true})
			gone[r] = true
		}
	}
	for i, r := range refs {
		want := object{exists: true, data: mark(r)}
		if i%3 == 0 {
			want.xattrs = "\x00/\xff=" + strings.Repeat("x", 3000) + ";"
			want.omap = want.xattrs
		}
		if gone[r] {
			want = object{}
		}
		f.shows(r, want)
	}
}

// A snapshot shows one version, whatever is committed meanwhile.
func testIsolation(f fixture) {
	for _, large := range []bool{false, true} {
		r := ref(fmt.Sprint("o", large))
		absent := f.snapshot(r)
		ws, want := everything(large)
		v := f.commit(r, ws)
		snap := f.snapshot(r)
		it, err := snap.OmapIter("")
		f.check(err)

		for _, ws := range []*store.WriteSet{
			{Data: &store.DataChange{Size: 3, Extents: []store.Extent{bytesAt(0, "new")}}},
			{Xattrs: map[string][]byte{"a": nil, "z": []byte("z")}},
			{OmapClear: true, Omap: map[string][]byte{"z": []byte("z")}},
			{Reset: true},
			{Remove: true},
			{},
		} {
			f.commit(r, ws)
			f.same(f.read(snap), want)
			f.same(f.read(absent), object{})
		}
		n := 0
		for it.Next() {
			n++
		}
		f.check(it.Close())
		if st, _ := snap.Stat(); n != 2 || st.Version != v {
			f.Errorf("%d pairs of version %d, want 2 of %d", n, st.Version, v)
		}
		f.close(snap)
		f.close(absent)
	}
}

// What an overtaken snapshot of a very large object still shows is of its version. Where the engine lets it end, a read
// that would need more fails with ErrConflict, and closing it does then, too.
func testOvertaken(f fixture) {
	r := ref("o")
	const far = 3 << 20
	data := strings.Repeat("abcdefg", far/7+1)
	old := full(data)
	old.Xattrs = map[string][]byte{"a": []byte("1")}
	old.OmapHeader = []byte("head")
	old.Omap = make(map[string][]byte)
	for i := range 3000 {
		old.Omap[fmt.Sprintf("%04d", i)] = fmt.Append(nil, i)
	}
	next := full(strings.ToUpper(data))
	next.Reset = true
	next.Omap = make(map[string][]byte)
	for key := range old.Omap {
		next.Omap[key] = []byte("new")
	}
	for _, change := range []*store.WriteSet{next, {}, {Remove: true}} {
		f.commit(r, old)
		for _, partly := range []bool{false, true} {
			snap := f.snapshot(r)
			o := overtaken{fixture: f, snap: snap}
			it, err := snap.OmapIter("")
			f.check(err)
			if partly {
				o.data(0, data[:10])
				o.pairs(it, 0, 5)
			}
			f.commit(r, change)
			o.data(far-10, data[far-10:far])
			o.data(0, data[:far])
			o.pairs(it, map[bool]int{true: 5}[partly], 3000)
			f.check(it.Close())
			o.values()
			o.closed()
			f.commit(r, old)
		}
	}
}

// overtaken reads a snapshot that may have ended.
type overtaken struct {
	fixture
	snap  store.Snapshot
	ended bool
}

// shown reports whether a read was successful; it may fail in one way.
func (o *overtaken) shown(err error) bool {
	o.Helper()
	if err == nil {
		return true
	}
	if !o.mayEnd {
		o.Fatal(err)
	}
	o.fails(err, store.ErrConflict)
	o.ended = true
	return false
}

func (o *overtaken) data(off int64, want string) {
	o.Helper()
	p := make([]byte, len(want))
	if o.shown(o.snap.ReadAt(p, off)) && string(p) != want {
		o.Fatalf("%d bytes at %d are not those of the snapshot's version", len(want), off)
	}
}

// pairs reads the pairs from one number up to another.
func (o *overtaken) pairs(it store.OmapIter, from, to int) {
	o.Helper()
	for i := from; i < to; i++ {
		if !it.Next() {
			if o.shown(it.Err()) {
				o.Fatalf("the omap ends before %d", i)
			}
			return
		}
		v, err := it.Value()
		if o.shown(err) && (it.Key() != fmt.Sprintf("%04d", i) || string(v) != fmt.Sprint(i)) {
			o.Fatalf("pair %d is %q=%q", i, it.Key(), v)
		}
	}
}

func (o *overtaken) values() {
	o.Helper()
	v, ok, err := o.snap.OmapValue("2999")
	if o.shown(err) && (!ok || string(v) != "2999") {
		o.Fatalf("omap value %q, %v", v, ok)
	}
	v, ok, err = o.snap.OmapValue("none")
	if o.shown(err) && ok {
		o.Fatalf("a key that never was has the value %q", v)
	}
	v, ok, err = o.snap.Xattr("a")
	if o.shown(err) && (!ok || string(v) != "1") {
		o.Fatalf("xattr %q, %v", v, ok)
	}
	v, err = o.snap.OmapHeader()
	if o.shown(err) && string(v) != "head" {
		o.Fatalf("omap header %q", v)
	}
}

func (o *overtaken) closed() {
	o.Helper()
	err := o.snap.Close()
	if o.ended {
		o.fails(err, store.ErrConflict)
	} else {
		o.check(err)
	}
}
