//go:build !norados

package radosstore

// This file measures durable counters on a cluster of one OSD in memory.

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/tests/ceph"
)

func BenchmarkCounter(b *testing.B) {
	c := ceph.Start(b, ceph.Options{})
	s, err := Open(Options{Conf: c.Conf()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.CreatePool(b.Context(), "p"); err != nil {
		b.Fatal(err)
	}
	for _, clients := range []int{1, 50} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			var wg sync.WaitGroup
			for client := range clients {
				r := store.Ref{Pool: "p", OID: fmt.Sprint("o", client)}
				wg.Go(func() {
					for range b.N/clients + 1 {
						if err := increment(b, s, r); err != nil {
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

func increment(b *testing.B, s *Store, r store.Ref) error {
	snap, err := s.Snapshot(b.Context(), r)
	if err != nil {
		return err
	}
	defer snap.Close()
	st, _ := snap.Stat()
	data := make([]byte, st.Size)
	if err := snap.ReadAt(data, 0); err != nil {
		return err
	}
	n, _ := strconv.Atoi(string(data)) // 0 at first
	_, err = s.Commit(b.Context(), r, st.Version, full(strconv.Itoa(n+1)))
	return err
}
