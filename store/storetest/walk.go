package storetest

// This file tests walks over all objects of a pool, and what tells how much there is.

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/objluad/objluad/store"
)

// walked counts the visits of each object.
func (f fixture) walked(pool string) map[store.Ref]int {
	f.Helper()
	seen := make(map[store.Ref]int)
	f.check(f.s.Walk(f.Context(), pool, func(namespace, oid string) error {
		seen[store.Ref{Pool: pool, Namespace: namespace, OID: oid}]++
		return nil
	}))
	return seen
}

func testWalk(f fixture) {
	if seen := f.walked("default"); len(seen) != 0 {
		f.Errorf("an empty pool has %v", seen)
	}
	want := make(map[store.Ref]bool)
	for i, namespace := range []string{"", "a", "a\x00", "\x01", "\x00\xff", "\xff"} {
		for j, oid := range []string{"a", "a\x00", "\x00", "\x01", "\x00\x01", "\xff\xff", "/"} {
			ws, _ := everything((i+j)%2 == 0)
			r := store.Ref{Pool: "default", Namespace: namespace, OID: oid}
			f.commit(r, ws)
			want[r] = true
		}
	}
	f.commit(ref("gone"), full("x"))
	f.commit(ref("gone"), &store.WriteSet{Remove: true})
	seen := f.walked("default")
	for r := range want {
		if seen[r] != 1 {
			f.Errorf("%q was visited %d times", r, seen[r])
		}
	}
	if len(seen) != len(want) {
		f.Errorf("%d objects were visited, want %d", len(seen), len(want))
	}

	stop, visits := errors.New("stop"), 0
	err := f.s.Walk(f.Context(), "default", func(string, string) error { visits++; return stop })
	if !errors.Is(err, stop) || visits != 1 {
		f.Errorf("a visit that fails: %d visits, %v", visits, err)
	}
	f.fails(f.s.Walk(f.Context(), "nowhere", func(string, string) error { return nil }), store.ErrNoPool)
}

// Objects that stay are visited once, however many others come and go; and visits may change the store.
func testWalkWhileChanging(f fixture) {
	const stay = 2500 // more than engines read at once
	oid := func(i int) string { return fmt.Sprintf("%05d", i) }
	each := func(commit func(i int)) {
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := w; i < stay; i += 8 {
					commit(i)
				}
			})
		}
		wg.Wait()
	}
	each(func(i int) {
		if _, err := f.s.Commit(f.Context(), ref(oid(i)), 0, full("x")); err != nil {
			f.Error(err)
		}
	})
	seen := make(map[string]int)
	f.check(f.s.Walk(f.Context(), "default", func(_, oid string) error {
		seen[oid]++
		if len(seen)%100 != 0 {
			return nil
		}
		v, err := f.s.Commit(f.Context(), ref(oid+"+"), 0, full("new"))
		if err == nil && len(seen)%200 == 0 {
			_, err = f.s.Commit(f.Context(), ref(oid+"+"), v, &store.WriteSet{Remove: true})
		}
		return err
	}))
	for i := range stay {
		if n := seen[oid(i)]; n != 1 {
			f.Errorf("object %d was visited %d times", i, n)
		}
	}
	for oid, n := range seen {
		if n != 1 {
			f.Errorf("%s was visited %d times", oid, n)
		}
	}
}

// Usage comes to what the objects have; an engine may be told so only after a while.
func testUsage(f fixture) {
	ctx := f.Context()
	f.check(f.s.CreatePool(ctx, "counted"))
	defer func() { f.check(f.s.RemovePool(ctx, "counted")) }()
	for i, namespace := range []string{"", "", "n"} {
		ws, _ := everything(true)
		ws.Data = &store.DataChange{Size: 100_000, Extents: []store.Extent{bytesAt(99_999, "x")}}
		f.commit(store.Ref{Pool: "counted", Namespace: namespace, OID: fmt.Sprint(i)}, ws)
	}
	want := store.Usage{Objects: 3, Bytes: 300_000}
	var got store.Usage
	for end := time.Now().Add(2 * time.Minute); got != want; time.Sleep(100 * time.Millisecond) {
		var err error
		got, err = f.s.Usage(ctx, "counted")
		f.check(err)
		if time.Now().After(end) {
			f.Fatalf("usage %+v, want %+v", got, want)
		}
	}
	_, err := f.s.Usage(ctx, "nowhere")
	f.fails(err, store.ErrNoPool)
	space, err := f.s.Space(ctx)
	f.check(err)
	if space.Available < 0 || space.Available > space.Total {
		f.Errorf("space %+v", space)
	}
}
