//go:build !norados

package radosstore

// This file tests what is remembered for changes.

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/storetest"
)

// shown is all that a snapshot shows, its version and modification time included.
func shown(t interface{ Fatal(...any) }, snap store.Snapshot) string {
	st, ok := snap.Stat()
	if !ok {
		return "absent"
	}
	data := make([]byte, st.Size)
	err := snap.ReadAt(data, 0)
	xattrs, xerr := snap.Xattrs(1 << 30)
	header, herr := snap.OmapHeader()
	it, oerr := snap.OmapIter("")
	if err := errors.Join(err, xerr, herr, oerr); err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	var omap []store.KeyValue
	for it.Next() {
		value, err := it.Value()
		if err != nil {
			t.Fatal(err)
		}
		omap = append(omap, store.KeyValue{Key: it.Key(), Value: value})
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("version %d size %d mtime %v data %q xattrs %q header %q omap %q",
		st.Version, st.Size, st.MTime.UnixNano(), data, xattrs, header, omap)
}

// toChange opens a snapshot to change an object.
func toChange(t interface{ Fatal(...any) }, s *Store, ref store.Ref) (store.Snapshot, bool) {
	snap, cached, err := s.SnapshotToChange(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return snap, cached
}

// After each of random changes, what is remembered is what the cluster has: data, xattrs, omap, header, size, time and version.
func TestCacheIsWhatTheClusterHas(t *testing.T) {
	s, pool := openPool(t, cluster(t))
	object, compared := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		object++
		r := store.Ref{Pool: pool, OID: fmt.Sprint("o", object)}
		m := &storetest.Model{}
		for range rapid.IntRange(1, 12).Draw(t, "commits") {
			snap, _ := toChange(t, s, r)
			o := store.NewOverlay(context.Background(), snap, storetest.ModelLimits)
			for range rapid.IntRange(0, 8).Draw(t, "operations") {
				storetest.Step(t, o, m)
			}
			if !o.Changed() {
				continue
			}
			if _, err := s.Commit(context.Background(), r, o.Version(), o.WriteSet()); err != nil {
				t.Fatal(err)
			}
			state := s.cache.get(r)
			if state == nil {
				continue
			}
			compared++
			fresh, err := s.Snapshot(context.Background(), r)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := shown(t, state), shown(t, fresh); got != want {
				t.Fatalf("remembered is %s\nthe cluster has %s", got, want)
			}
		}
	})
	t.Logf("%d states compared", compared)
	if compared == 0 {
		t.Error("nothing was remembered")
	}
}

// A state that others changed is stale until somebody notices; then it is dropped.
func TestCacheOfWhatOthersChange(t *testing.T) {
	c := cluster(t)
	s, pool := openPool(t, c)
	other := open(t, Options{Conf: c.Conf(), Timeout: time.Minute})
	r := store.Ref{Pool: pool, OID: "o"}
	commit := func(s *Store, expected uint64, data string) uint64 {
		t.Helper()
		v, err := s.Commit(t.Context(), r, expected, full(data))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	remembered := func(what string, want bool) (version uint64) {
		t.Helper()
		snap, cached := toChange(t, s, r)
		st, _ := snap.Stat()
		if cached != want {
			t.Errorf("%s: cached is %v", what, cached)
		}
		return st.Version
	}
	v1 := commit(s, 0, "one")
	if v := remembered("after a creation", true); v != v1 {
		t.Errorf("version %d of %d", v, v1)
	}
	v2 := commit(other, v1, "two")
	if v := remembered("changed by another", true); v != v1 {
		t.Errorf("version %d, not the stale %d", v, v1)
	}
	if data, v := read(t, s, r); data != "two" || v != v2 {
		t.Errorf("read %q of version %d", data, v)
	}
	remembered("after a read", false)
	remembered("when it was read to change", true)

	s.cache.sharedFor = time.Hour
	v3 := commit(other, v2, "three")
	if _, err := s.Commit(t.Context(), r, v2, full("stale")); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a commit over a stale state: %v", err)
	}
	for range 2 {
		remembered("after a conflict", false)
	}
	if v := remembered("soon after a conflict", false); v != v3 {
		t.Errorf("version %d of %d", v, v3)
	}

	s.cache.sharedFor = 0
	remembered("long after a conflict", true)
	if _, err := other.Commit(t.Context(), r, v3, &store.WriteSet{Remove: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), r, v3, full("stale")); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a commit over a removed object: %v", err)
	}
	remembered("after a removal", false)
	remembered("an absent object", false)

	v4 := commit(s, 0, "four")
	if err := errors.Join(other.RemovePool(t.Context(), pool), other.CreatePool(t.Context(), pool)); err != nil {
		t.Fatal(err)
	}
	v5 := commit(other, 0, "of the new pool")
	remembered("of the old pool", true)
	if _, err := s.Commit(t.Context(), r, v4, full("stale")); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a commit over the old pool: %v", err)
	}
	if v := remembered("of the new pool", false); v != v5 {
		t.Errorf("version %d of %d", v, v5)
	}
	if err := other.RemovePool(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pools(t.Context()); err != nil { // which gets the newest map
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), r, v5, full("stale")); !errors.Is(err, store.ErrNoPool) {
		t.Errorf("a commit to a pool that is gone: %v", err)
	}
	if _, _, err := s.SnapshotToChange(t.Context(), r); !errors.Is(err, store.ErrNoPool) {
		t.Errorf("a pool that is gone: %v", err)
	}
}

// A commit whose end is not known leaves nothing remembered.
func TestCacheAfterUnknownEnd(t *testing.T) {
	s, pool := openPool(t, cluster(t))
	r := store.Ref{Pool: pool, OID: "o"}
	v, err := s.Commit(t.Context(), r, 0, full("data"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Commit(ctx, r, v, full("changed")); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, cached := toChange(t, s, r); cached {
		t.Error("the object is remembered")
	}
}

// Only what was read as a whole is remembered, and what grows too large is forgotten.
func TestCacheOfLargeObjects(t *testing.T) {
	s, pool := openPool(t, cluster(t))
	pairs := func(n int) map[string][]byte {
		omap := make(map[string][]byte)
		for i := range n {
			omap[fmt.Sprint("k", i)] = []byte("v")
		}
		return omap
	}
	for what, c := range map[string]struct {
		ws   *store.WriteSet
		want bool
	}{
		"small":     {full("data"), true},
		"data":      {full(strings.Repeat("x", firstData)), true},
		"more data": {full(strings.Repeat("x", firstData+1)), false},
		"omap":      {&store.WriteSet{Omap: pairs(firstPairs)}, true},
		"more omap": {&store.WriteSet{Omap: pairs(firstPairs + 1)}, false},
	} {
		r := store.Ref{Pool: pool, OID: what}
		v, err := s.Commit(t.Context(), r, 0, c.ws)
		if err != nil {
			t.Fatal(err)
		}
		s.cache.forget(r)
		toChange(t, s, r)
		if _, cached := toChange(t, s, r); cached != c.want {
			t.Errorf("%s: cached is %v", what, cached)
		}
		if _, err := s.Commit(t.Context(), r, v, full(strings.Repeat("x", maxState+1))); err != nil {
			t.Fatal(err)
		}
		if s.cache.get(r) != nil {
			t.Errorf("%s: remembered when it was too large", what)
		}
	}
	if n := s.CacheSize(); n != 0 {
		t.Errorf("%d bytes of nothing", n)
	}
}

func state(version uint64, size int) *store.State {
	return store.NewState(store.Stat{Size: int64(size), Version: version}, make([]byte, size), nil, nil, nil)
}

func TestCacheKeepsTheLaterAndTheLastUsed(t *testing.T) {
	c := newStateCache(4 * (1000 + entryCost + 2))
	ref := func(i int) store.Ref { return store.Ref{Pool: "p", OID: fmt.Sprint(i)} }
	version := func(i int) uint64 {
		s := c.use(ref(i))
		if s == nil {
			return 0
		}
		st, _ := s.Stat()
		return st.Version
	}
	c.put(ref(1), state(2, 1000))
	c.put(ref(1), state(1, 1000))
	if v := version(1); v != 2 {
		t.Errorf("version %d after an earlier one came later", v)
	}
	c.saw(ref(1), 2)
	c.saw(ref(1), 1)
	if v := version(1); v != 2 {
		t.Errorf("version %d when no later one was seen", v)
	}
	for i := 2; i <= 5; i++ {
		version(1)
		c.put(ref(i), state(uint64(i), 1000))
	}
	for i, want := range []uint64{0, 2, 0, 3, 4, 5} {
		if v := version(i); v != want {
			t.Errorf("object %d has version %d, want %d", i, v, want)
		}
	}
	if c.bytes() != c.max {
		t.Errorf("%d bytes of %d", c.bytes(), c.max)
	}
	c.sharedFor = time.Hour
	c.conflict(ref(5))
	c.put(ref(5), state(7, 1000))
	if version(5) != 0 || c.get(ref(5)) == nil {
		t.Error("an object that others change is not read before a change, or not remembered")
	}
	c.sharedFor = 0
	if version(5) != 7 {
		t.Error("an object is read before each change when others have long ceased to change it")
	}
	c.put(ref(6), state(6, maxState+1))
	c.put(ref(5), state(8, maxState+1))
	if version(6) != 0 || version(5) != 0 {
		t.Error("a state that is too large is remembered")
	}
	for i := range 6 {
		c.forget(ref(i))
	}
	if c.bytes() != 0 || c.used.Len() != 0 || len(c.byRef) != 0 {
		t.Errorf("%d bytes of %d states are left", c.bytes(), c.used.Len())
	}
}

// An object to which another program gave what commits leave alone, or remove, is not remembered as if they did not.
func TestForeignObjectsAreNotRemembered(t *testing.T) {
	c := cluster(t)
	s, pool := openPool(t, c)
	for oid, foreign := range map[string][]string{
		"key":   {"setomapval", strings.Repeat("\xff", 64<<10+2), "value"},
		"xattr": {"setxattr", touched, "value"},
	} {
		r := store.Ref{Pool: pool, OID: oid}
		for _, args := range [][]string{{"create", oid}, append([]string{foreign[0], oid}, foreign[1:]...)} {
			if _, err := c.Rados(nil, append([]string{"-p", pool}, args...)...); err != nil {
				t.Fatal(err)
			}
		}
		snap, _ := toChange(t, s, r)
		st, _ := snap.Stat()
		ws := &store.WriteSet{OmapRanges: []store.KeyRange{{Open: true}}}
		if _, err := s.Commit(t.Context(), r, st.Version, ws); err != nil {
			t.Fatal(err)
		}
		next, _ := toChange(t, s, r)
		now, err := s.Snapshot(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := shown(t, next), shown(t, now); got != want {
			t.Errorf("%s: remembered is %.200s, the cluster has %.200s", oid, got, want)
		}
	}
}

// Of a name the cache keeps its own bytes, and not the request that it was cut out of.
func TestCacheKeepsNoRequests(t *testing.T) {
	c := newStateCache(1 << 20)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 100 {
		request := strings.Repeat("x", 1<<20)
		ref := store.Ref{Pool: request[:i], OID: request[i : i+10]}
		c.put(ref, store.NewState(store.Stat{Version: 1}, nil, nil, nil, nil))
		c.put(ref, store.NewState(store.Stat{Version: 2}, nil, nil, nil, nil))
		c.conflict(ref)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 10<<20 {
		t.Errorf("%d bytes of names take %d", c.bytes(), grown)
	}
	runtime.KeepAlive(c)
}
