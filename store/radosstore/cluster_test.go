//go:build !norados

package radosstore

// This file is the clusters that tests use: one that they share, and others that they may break.

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/tests/ceph"
)

var shared ceph.Shared

func TestMain(m *testing.M) { shared.Main(m) }

// cluster returns the cluster that tests share. They leave it as it was, but for their pools.
func cluster(t *testing.T) *ceph.Cluster {
	t.Helper()
	return shared.Get(t)
}

func open(t *testing.T, opts Options) *Store {
	t.Helper()
	s, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var pools atomic.Int64

// openPool opens a store, and makes a pool.
func openPool(t *testing.T, c *ceph.Cluster) (*Store, string) {
	t.Helper()
	s := open(t, Options{Conf: c.Conf(), Timeout: time.Minute})
	pool := fmt.Sprint("pool", pools.Add(1))
	if err := s.CreatePool(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	return s, pool
}

func read(t *testing.T, s *Store, ref store.Ref) (data string, version uint64) {
	t.Helper()
	snap, err := s.Snapshot(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	st, ok := snap.Stat()
	b := make([]byte, st.Size)
	if ok {
		if err := snap.ReadAt(b, 0); err != nil {
			t.Fatal(err)
		}
	}
	return string(b), st.Version
}

// full is a write set that makes data the whole of an object's data.
func full(data string) *store.WriteSet {
	n := int64(len(data))
	return &store.WriteSet{Data: &store.DataChange{Size: n, Extents: []store.Extent{{Len: n, Bytes: []byte(data)}}}}
}
