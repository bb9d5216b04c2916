package pebblestore

// This file measures commits: 50 clients that increment durable counters on 1000 objects, and reads without a commit.

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/objluad/objluad/store"
)

func openBench(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.TempDir(), Options{Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

var counters = map[string]struct {
	read  func(snap store.Snapshot) ([]byte, error)
	write func(o *store.Overlay, b []byte) error
}{
	"data": {
		func(snap store.Snapshot) ([]byte, error) {
			st, ok := snap.Stat()
			b := make([]byte, st.Size)
			if !ok {
				return nil, nil
			}
			return b, snap.ReadAt(b, 0)
		},
		func(o *store.Overlay, b []byte) error { return o.WriteFull(b) },
	},
	"xattr": {
		func(snap store.Snapshot) ([]byte, error) { b, _, err := snap.Xattr("n"); return b, err },
		func(o *store.Overlay, b []byte) error { return o.SetXattr("n", b) },
	},
	"omap": {
		func(snap store.Snapshot) ([]byte, error) { b, _, err := snap.OmapValue("n"); return b, err },
		func(o *store.Overlay, b []byte) error { return o.SetOmapValue("n", b) },
	},
}

func BenchmarkCounter(b *testing.B) {
	for name, c := range counters {
		for _, clients := range []int{1, 50} {
			b.Run(fmt.Sprintf("%s/clients=%d", name, clients), func(b *testing.B) {
				s := openBench(b)
				var locks [1000]sync.Mutex // as a service has one for each object
				var wg sync.WaitGroup
				b.ResetTimer()
				for client := range clients {
					wg.Go(func() {
						rng := rand.New(rand.NewPCG(uint64(client), 1))
						for range b.N/clients + 1 {
							i := rng.IntN(len(locks))
							locks[i].Lock()
							err := increment(b, s, store.Ref{Pool: "default", OID: "counter" + strconv.Itoa(i)}, c.read, c.write)
							locks[i].Unlock()
							if err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			})
		}
	}
}

func increment(b *testing.B, s *Store, r store.Ref, read func(store.Snapshot) ([]byte, error), write func(*store.Overlay, []byte) error) error {
	snap, err := s.Snapshot(b.Context(), r)
	if err != nil {
		return err
	}
	v, err := read(snap)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(string(v)) // 0 at first
	o := store.NewOverlay(context.Background(), snap, store.Limits{})
	if err := write(o, strconv.AppendInt(nil, int64(n+1), 10)); err != nil {
		return err
	}
	_, err = s.Commit(b.Context(), r, o.Version(), o.WriteSet())
	return errors.Join(err, snap.Close())
}

func BenchmarkSnapshot(b *testing.B) {
	for _, size := range []int{64, 64 << 10} {
		b.Run(fmt.Sprintf("data=%d", size), func(b *testing.B) {
			s := openBench(b)
			r := store.Ref{Pool: "default", OID: "o"}
			data := make([]byte, size)
			ws := &store.WriteSet{Data: &store.DataChange{Size: int64(size), Extents: []store.Extent{{Len: int64(size), Bytes: data}}}}
			if _, err := s.Commit(b.Context(), r, 0, ws); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				snap, err := s.Snapshot(b.Context(), r)
				if err != nil {
					b.Fatal(err)
				}
				if err := snap.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
