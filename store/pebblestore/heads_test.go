package pebblestore

// This file tests that what is remembered of heads is never stale.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// history is what one object was, as a row of states: in state n its data is the number n, and in each fourth it is absent.
type history struct {
	ref          store.Ref
	begun, ended atomic.Uint64 // the state that the last commit leads to, and led to
}

func (h *history) absent(state uint64) bool { return state%4 == 0 }

// commit leads to the next state.
func (h *history) commit(t *testing.T, s *Store) bool {
	state := h.begun.Add(1)
	defer h.ended.Store(state)
	snap, err := s.Snapshot(t.Context(), h.ref)
	if err != nil {
		t.Error(err)
		return false
	}
	st, _ := snap.Stat()
	snap.Close()
	ws := &store.WriteSet{Remove: true}
	if !h.absent(state) {
		ws = &store.WriteSet{Data: &store.DataChange{Size: 8, Extents: []store.Extent{{Len: 8, Bytes: binary.BigEndian.AppendUint64(nil, state)}}}}
	}
	if _, err := s.Commit(t.Context(), h.ref, st.Version, ws); err != nil {
		t.Errorf("%s, on version %d: %v", h.ref.OID, st.Version, err)
		return false
	}
	return true
}

// look checks that the object is as it was at some time since the call began, and not before what the same reader saw.
func (h *history) look(t *testing.T, s *Store, seen *uint64) bool {
	least := max(*seen, h.ended.Load())
	snap, err := s.Snapshot(t.Context(), h.ref)
	if err != nil {
		t.Error(err)
		return false
	}
	defer snap.Close()
	state := (least + 3) / 4 * 4 // the next one in which it is absent
	if _, exists := snap.Stat(); exists {
		var data [8]byte
		if err := snap.ReadAt(data[:], 0); err != nil {
			t.Error(err)
			return false
		}
		state = binary.BigEndian.Uint64(data[:])
	}
	if most := h.begun.Load(); state < least || state > most {
		t.Errorf("%s is in state %d, want %d to %d", h.ref.OID, state, least, most)
		return false
	}
	*seen = state
	return true
}

// Objects that are committed to and read at once, all remembered in the same place.
func TestHeadsAreNeverStale(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	if err := s.CreatePool(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	id := s.pools["p"].id
	var place *headSlot
	var all []*history
	for n := 0; len(all) < 3; n++ {
		ref := store.Ref{Pool: "p", OID: fmt.Sprint("object ", n)}
		if _, slot := s.locks.of(headKey(id, "", ref.OID)); place == nil || slot == place {
			place = slot
			all = append(all, &history{ref: ref})
		}
	}
	const commits, readers = 1500, 3
	var writing, reading sync.WaitGroup
	var over atomic.Bool
	for _, h := range all {
		writing.Go(func() {
			for n := 0; n < commits && h.commit(t, s); n++ {
			}
		})
		for range readers {
			reading.Go(func() {
				var seen uint64
				for !over.Load() && h.look(t, s, &seen) {
				}
			})
		}
	}
	writing.Wait()
	over.Store(true)
	reading.Wait()
	if place.Load().changing {
		t.Error("after all commits one is under way")
	}
}

// A head that is remembered is not what callers get to change.
func TestRememberedHeadsAreNotShared(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	if err := s.CreatePool(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	ref, data := store.Ref{Pool: "p", OID: "o"}, []byte("data")
	ws := &store.WriteSet{
		Data:       &store.DataChange{Size: 4, Extents: []store.Extent{{Len: 4, Bytes: data}}},
		Xattrs:     map[string][]byte{"x": data},
		OmapHeader: data,
		Omap:       map[string][]byte{"k": data},
	}
	if _, err := s.Commit(t.Context(), ref, 0, ws); err != nil {
		t.Fatal(err)
	}
	copy(data, "lost")
	for range 2 {
		snap, err := s.Snapshot(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		read := make([]byte, 4)
		err = snap.ReadAt(read, 0)
		x, _, _ := snap.Xattr("x")
		all, _ := snap.Xattrs(1 << 20)
		header, _ := snap.OmapHeader()
		value, _, _ := snap.OmapValue("k")
		it, _ := snap.OmapIter("")
		it.Next()
		listed, _ := it.Value()
		for _, b := range [][]byte{read, x, all[0].Value, header, value, listed} {
			if string(b) != "data" {
				t.Errorf("read %q, %v", b, err)
			}
			copy(b, "lost")
		}
		snap.Close()
	}
}

// While a head changes, it is read from the database each time: what was read before the change is not remembered.
func TestHeadsThatChangeAreRead(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	key := headKey(1, "", "o")
	_, slot := s.locks.of(key)
	want := func(when string, version uint64) {
		t.Helper()
		if head, err := slot.read(s.db, key); err != nil || head == nil || head.version != version {
			t.Errorf("%s the head is %+v, %v, want version %d", when, head, err, version)
		}
	}
	for version := uint64(1); version <= 3; version++ {
		encoded := (&record{version: version}).encode()
		err := slot.change(key, encoded, func() error {
			if version > 1 {
				want("before the change", version-1)
			}
			err := s.db.Set(key, encoded, nil)
			want("in the change", version)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want("after the change", version)
	}
	lost := errors.New("lost")
	if err := slot.change(key, nil, func() error { return lost }); err != lost {
		t.Errorf("a change that fails: %v", err)
	}
	want("after a change that failed", 3)
}
