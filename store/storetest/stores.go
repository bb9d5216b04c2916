package storetest

// This file tests what goes beyond one object: concurrent commits, listings and pools.

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/objluad/objluad/store"
)

func formatMap(m map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		b.WriteString(k + "=" + m[k] + ";")
	}
	return b.String()
}

// Of the commits that expect one version, exactly one wins. Counting with retries loses no increment, and each
// snapshot on the way is one commit's state, never parts of two.
func testOneWinner(f fixture) {
	r := ref("o")
	const workers, rounds = 8, 150
	long := strings.Repeat("0", 5000)
	f.commit(r, &store.WriteSet{Xattrs: map[string][]byte{"n": []byte("0"), "long": []byte(long)},
		Omap: map[string][]byte{"n": []byte("0")}})
	var wg sync.WaitGroup
	var conflicts atomic.Int64
	winners := make(map[uint64]int)
	var mu sync.Mutex
	for range workers {
		wg.Go(func() {
			for won := 0; won < rounds; {
				version, n, err := f.count(r)
				if err != nil {
					f.Error(err)
					return
				}
				next := []byte(strconv.Itoa(n + 1))
				v, err := f.s.Commit(f.Context(), r, version, &store.WriteSet{
					Xattrs: map[string][]byte{"n": next}, Omap: map[string][]byte{"n": next}})
				if errors.Is(err, store.ErrConflict) {
					conflicts.Add(1)
					continue
				}
				if err != nil {
					f.Error(err)
					return
				}
				won++
				mu.Lock()
				winners[v]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if _, n, err := f.count(r); err != nil || n != workers*rounds {
		f.Errorf("counted to %d (%v), want %d, with %d conflicts", n, err, workers*rounds, conflicts.Load())
	}
	if len(winners) != workers*rounds {
		f.Errorf("%d versions for %d commits", len(winners), workers*rounds)
	}
}

// count reads one number from two places of an object.
func (f fixture) count(r store.Ref) (version uint64, n int, err error) {
	snap, err := f.s.Snapshot(f.Context(), r)
	if err != nil {
		return 0, 0, err
	}
	defer snap.Close()
	a, _, err := snap.Xattr("n")
	if err != nil {
		return 0, 0, err
	}
	b, _, err := snap.OmapValue("n")
	if err != nil {
		return 0, 0, err
	}
	if string(a) != string(b) {
		return 0, 0, fmt.Errorf("a snapshot shows parts of two commits: %s and %s", a, b)
	}
	st, _ := snap.Stat()
	n, err = strconv.Atoi(string(a))
	return st.Version, n, err
}

// Commits to many objects at once, among them removals, which share what is kept of removed objects' versions.
func testManyObjects(f fixture) {
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			r := ref(fmt.Sprint("o", w))
			var last, current uint64
			for i := range 30 {
				ws := full(fmt.Sprint(w, i))
				if i%(w+2) == w+1 {
					ws = &store.WriteSet{Remove: true}
				}
				v, err := f.s.Commit(f.Context(), r, current, ws)
				if err != nil || v <= last {
					f.Errorf("worker %d, commit %d: version %d after %d, %v", w, i, v, last, err)
					return
				}
				last, current = v, v
				if ws.Remove {
					current = 0
				}
			}
		})
	}
	wg.Wait()
}

func testList(f fixture) {
	names := []string{"a", "a\x00", "a\x00b", "ab", "b", "\x00", "\x00\x01", "\x00\xff", "\xff", "\xff\xff", "/", "é"}
	for i, oid := range names {
		ws, _ := everything(i%2 == 0)
		f.commit(ref(oid), ws)
	}
	f.commit(ref("gone"), full("x"))
	f.commit(ref("gone"), &store.WriteSet{Remove: true})
	sort.Strings(names)

	for _, limit := range []int{1, 2, 5, len(names), 1000} {
		var got []string
		after, more := "", true
		for more {
			page, m, err := f.s.List(f.Context(), "default", "", after, limit)
			f.check(err)
			if len(page) == 0 || len(page) > limit {
				f.Fatalf("a page of %d with limit %d", len(page), limit)
			}
			got, after, more = append(got, page...), page[len(page)-1], m
		}
		if !slices.Equal(got, names) {
			f.Errorf("limit %d: listed %q, want %q", limit, got, names)
		}
	}
	page, more, err := f.s.List(f.Context(), "default", "", "aa", 1) // a cursor that is no object
	f.check(err)
	if !slices.Equal(page, []string{"ab"}) || !more {
		f.Errorf("after aa: %q, %v", page, more)
	}
	page, more, err = f.s.List(f.Context(), "default", "", "\xff\xff", 10)
	f.check(err)
	if len(page) != 0 || more {
		f.Errorf("after the last: %q, %v", page, more)
	}
	_, _, err = f.s.List(f.Context(), "nowhere", "", "", 10)
	f.fails(err, store.ErrNoPool)
}

func testListNamespaces(f fixture) {
	namespaces := []string{"", "a", "a\x00", "b", "\xff"}
	for _, ns := range namespaces {
		f.commit(store.Ref{Pool: "default", Namespace: ns, OID: "in " + ns}, full("x"))
	}
	for _, ns := range namespaces {
		page, more, err := f.s.List(f.Context(), "default", ns, "", 10)
		f.check(err)
		if !slices.Equal(page, []string{"in " + ns}) || more {
			f.Errorf("namespace %q: %q, %v", ns, page, more)
		}
	}
	page, _, err := f.s.List(f.Context(), "default", "empty", "", 10)
	f.check(err)
	if len(page) != 0 {
		f.Errorf("an empty namespace lists %q", page)
	}
}

func testPools(f fixture) {
	ctx := f.Context()
	before, err := f.s.Pools(ctx)
	f.check(err)
	if !slices.Contains(before, "default") {
		f.Errorf("pools %q have no default", before)
	}
	for _, name := range []string{"two", "one", ".internal"} {
		f.check(f.s.CreatePool(ctx, name))
		f.fails(f.s.CreatePool(ctx, name), store.ErrPoolExists)
	}
	f.fails(f.s.CreatePool(ctx, ""), store.ErrInvalid)
	want := append(slices.Clone(before), "two", "one", ".internal")
	sort.Strings(want)
	got, err := f.s.Pools(ctx)
	f.check(err)
	if !slices.Equal(got, want) {
		f.Errorf("pools %q, want %q", got, want)
	}
	// Objects of one name in several pools are several objects.
	for _, name := range []string{"default", "one", ".internal"} {
		f.commit(store.Ref{Pool: name, OID: "o"}, full(name))
	}
	for _, name := range []string{"default", "one", ".internal"} {
		f.shows(store.Ref{Pool: name, OID: "o"}, object{exists: true, data: name})
	}
	f.shows(store.Ref{Pool: "two", OID: "o"}, object{})
	for _, name := range []string{"two", "one", ".internal"} {
		f.check(f.s.RemovePool(ctx, name))
	}
}

func testPoolRemoved(f fixture) {
	ctx := f.Context()
	f.check(f.s.CreatePool(ctx, "p"))
	r := store.Ref{Pool: "p", Namespace: "ns", OID: "o"}
	ws, want := everything(true)
	f.commit(r, ws)
	f.commit(ref("stays"), ws)
	var last uint64
	for range 10 {
		last = f.commit(r, &store.WriteSet{})
	}
	f.check(f.s.RemovePool(ctx, "p"))
	f.fails(f.s.RemovePool(ctx, "p"), store.ErrNoPool)
	_, err := f.s.Snapshot(ctx, r)
	f.fails(err, store.ErrNoPool)
	_, err = f.s.Commit(ctx, r, last, full("x"))
	f.fails(err, store.ErrNoPool)
	f.shows(ref("stays"), want)

	f.check(f.s.CreatePool(ctx, "p"))
	f.shows(r, object{})
	page, _, err := f.s.List(ctx, "p", "ns", "", 10)
	f.check(err)
	if len(page) != 0 {
		f.Errorf("a new pool lists %q", page)
	}
	if v := f.commit(r, &store.WriteSet{}); v <= last {
		f.Errorf("version %d again, after %d in the pool of that name before", v, last)
	}
	f.shows(r, object{exists: true})
	f.check(f.s.RemovePool(ctx, "p"))
}

// A pool that is removed while commits go on takes all of them with it.
func testPoolRemovedWhileCommitting(f fixture) {
	ctx := f.Context()
	f.check(f.s.CreatePool(ctx, "p"))
	var wg sync.WaitGroup
	committed := make(chan struct{})
	var once sync.Once
	for w := range 4 {
		wg.Go(func() {
			defer once.Do(func() { close(committed) }) // after an error, let the test end
			r := store.Ref{Pool: "p", OID: fmt.Sprint(w)}
			var v uint64
			for {
				var err error
				v, err = f.s.Commit(ctx, r, v, full("x"))
				if errors.Is(err, store.ErrNoPool) {
					return
				}
				if err != nil {
					f.Error(err)
					return
				}
				once.Do(func() { close(committed) })
			}
		})
	}
	<-committed
	f.check(f.s.RemovePool(ctx, "p"))
	wg.Wait()
	f.check(f.s.CreatePool(ctx, "p"))
	page, _, err := f.s.List(ctx, "p", "", "", 10)
	f.check(err)
	if len(page) != 0 {
		f.Errorf("commits outlived their pool: %q", page)
	}
	f.check(f.s.RemovePool(ctx, "p"))
}
