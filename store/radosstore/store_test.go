//go:build !norados

package radosstore

// This file runs the conformance suite on a cluster, and tests what RADOS has beyond it.

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/storetest"
	"github.com/objluad/objluad/tests/ceph"
)

func TestConformance(t *testing.T) {
	c := cluster(t)
	storetest.RunOvertaken(t, func(t *testing.T) store.Store {
		s := open(t, Options{Conf: c.Conf(), Timeout: time.Minute})
		if err := s.RemovePool(t.Context(), "default"); err != nil && !errors.Is(err, store.ErrNoPool) {
			t.Fatal(err)
		}
		if err := s.CreatePool(t.Context(), "default"); err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// What a snapshot has read at its opening it shows for good; the rest ends with the next commit.
func TestOvertaken(t *testing.T) {
	s, pool := openPool(t, cluster(t))
	r := store.Ref{Pool: pool, OID: "o"}
	v, err := s.Commit(t.Context(), r, 0, full(strings.Repeat("x", firstData+1)))
	if err != nil {
		t.Fatal(err)
	}
	snap, err := s.Snapshot(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), r, v, full("new")); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, firstData)
	if err := snap.ReadAt(p, 0); err != nil || string(p) != strings.Repeat("x", firstData) {
		t.Errorf("the beginning: %v", err)
	}
	if err := snap.ReadAt(p[:1], firstData); !errors.Is(err, store.ErrConflict) {
		t.Errorf("behind the beginning: %v", err)
	}
	if err := snap.Close(); !errors.Is(err, store.ErrConflict) {
		t.Errorf("Close: %v", err)
	}
}

// More runs of data than an OSD takes in one operation are written as a whole, over what the version that is expected had.
func TestManyRuns(t *testing.T) {
	s, pool := openPool(t, cluster(t))
	r := store.Ref{Pool: pool, OID: "o"}
	const n = 1 << 16
	runs := func(keep, size int64) *store.WriteSet {
		d := &store.DataChange{Keep: keep, Size: size}
		for i := range int64(n) {
			d.Extents = append(d.Extents, store.Extent{Off: 3 * i, Len: 1, Bytes: []byte("x")}, store.Extent{Off: 3*i + 1, Len: 1})
		}
		return &store.WriteSet{Data: d}
	}
	v, err := s.Commit(t.Context(), r, 0, runs(0, 3*n))
	if data, _ := read(t, s, r); err != nil || data != strings.Repeat("x\x00\x00", n) {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	stale := v
	if v, err = s.Commit(t.Context(), r, v, full(strings.Repeat("y", 5*n))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), r, stale, runs(3*n, 3*n)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("over a version that is gone: %v", err)
	}
	_, err = s.Commit(t.Context(), r, v, runs(4*n, 5*n))
	if data, _ := read(t, s, r); err != nil || data != strings.Repeat("x\x00y", n)+strings.Repeat("y", n)+strings.Repeat("\x00", n) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if _, err := s.Commit(t.Context(), store.Ref{Pool: pool, OID: "large"}, 0, runs(0, maxWhole+1)); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("a large object: %v", err)
	}
}

// A commit of more steps than fit into one message is refused, and says why.
func TestTooManySteps(t *testing.T) {
	s, pool := openPool(t, cluster(t))
	ws := &store.WriteSet{Xattrs: make(map[string][]byte)}
	for i := range 1 << 16 {
		ws.Xattrs[fmt.Sprint(i)] = nil
	}
	_, err := s.Commit(t.Context(), store.Ref{Pool: pool, OID: "o"}, 0, ws)
	if !errors.Is(err, store.ErrTooLarge) || !strings.Contains(err.Error(), "65535") {
		t.Errorf("65536 steps: %v", err)
	}
}

// Each name stands for one of RADOS's, and each of RADOS's for one, but for touched.
func TestNames(t *testing.T) {
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			escapedPrefix, "\x00", "%", "00", "25", "%00", "%25", "a", "\xff",
		})).Draw(t, "parts"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		ours := name.Draw(t, "name")
		theirs := escapeName(ours)
		if theirs == "" || theirs == touched || strings.Contains(theirs, "\x00") || unescapeName(theirs) != ours {
			t.Fatalf("%q is kept as %q, and read as %q", ours, theirs, unescapeName(theirs))
		}
		theirs = strings.ReplaceAll(name.Draw(t, "name of RADOS"), "\x00", "")
		if theirs != "" && theirs != touched && escapeName(unescapeName(theirs)) != theirs {
			t.Fatalf("%q is read as %q, and kept as %q", theirs, unescapeName(theirs), escapeName(unescapeName(theirs)))
		}
	})
}

// The name that commits touch is a client's like any other.
func TestTouchedName(t *testing.T) {
	s, pool := openPool(t, cluster(t))
	r := store.Ref{Pool: pool, OID: "touched"}
	version := uint64(0)
	for _, name := range []string{touched, escapeName(touched), "other"} {
		var err error
		if version, err = s.Commit(t.Context(), r, version, &store.WriteSet{Xattrs: map[string][]byte{name: []byte(name)}}); err != nil {
			t.Fatal(err)
		}
	}
	snap, err := s.Snapshot(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := snap.Xattrs(1000); err != nil || len(all) != 3 || all[0].Key != touched || string(all[0].Value) != touched {
		t.Errorf("%q, %v", all, err)
	}
}

// Versions rise over the removal of an object, the restart of its OSD, and its move to another.
func TestVersionsRise(t *testing.T) {
	c := ceph.Start(t, ceph.Options{OSDs: 2})
	s, pool := openPool(t, c)
	r := store.Ref{Pool: pool, OID: "o"}
	var last uint64
	round := func(what string) {
		t.Helper()
		for range 3 {
			v, err := s.Commit(t.Context(), r, 0, full("data"))
			if err != nil || v <= last {
				t.Fatalf("%s: created with version %d after %d, %v", what, v, last, err)
			}
			if last, err = s.Commit(t.Context(), r, v, &store.WriteSet{Remove: true}); err != nil || last <= v {
				t.Fatalf("%s: removed with version %d after %d, %v", what, last, v, err)
			}
		}
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	round("at first")
	for i := range 2 {
		check(c.StopOSD(i))
	}
	check(c.WaitUp(0))
	for i := range 2 {
		check(c.StartOSD(i))
	}
	check(c.WaitUp(2))
	round("after a restart")
	for _, out := range []string{"0", "1"} {
		_, err := c.Command("osd", "out", out)
		check(err)
		round("with OSD " + out + " out")
		_, err = c.Command("osd", "in", out)
		check(err)
		round("with OSD " + out + " in again")
	}
	_, err := c.Command("osd", "pool", "set", pool, "pg_num", "32")
	check(err)
	round("after a split")
}

// A pool that another daemon removed and created again is a new one, to commits, reads and listings alike.
func TestPoolMadeAnewByOthers(t *testing.T) {
	c := cluster(t)
	s, pool := openPool(t, c)
	other := open(t, Options{Conf: c.Conf(), Timeout: time.Minute})
	r := store.Ref{Pool: pool, OID: "o"}
	for i := range 6 {
		v, err := s.Commit(t.Context(), r, 0, full("data"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(other.RemovePool(t.Context(), pool), other.CreatePool(t.Context(), pool)); err != nil {
			t.Fatal(err)
		}
		if _, err := other.Commit(t.Context(), r, 0, full("new")); err != nil { // of the same version in RADOS
			t.Fatal(err)
		}
		switch i % 3 {
		case 0:
			if _, err := s.Commit(t.Context(), r, v, full("stale")); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a commit over the version of the old pool: %v", err)
			}
		case 1:
			if data, now := read(t, s, r); data != "new" || now <= v {
				t.Errorf("read %q of version %d after %d", data, now, v)
			}
		case 2:
			if oids, _, err := s.List(t.Context(), pool, "", "", 10); len(oids) != 1 || err != nil {
				t.Errorf("listed %q, %v", oids, err)
			}
		}
		if data, now := read(t, s, r); data != "new" || now <= v {
			t.Errorf("read %q of version %d after %d", data, now, v)
		} else if _, err := s.Commit(t.Context(), r, now, &store.WriteSet{Remove: true}); err != nil {
			t.Error(err)
		}
	}
}
