package pebblestore

// This file remembers heads: of objects that were read or committed of late, as far as a head is all that they have.

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// headSlots times the number of object locks is how many heads are remembered. A head has up to 4 KiB.
const headSlots = 8

// rememberedHead is what is known of one key. It is not changed.
type rememberedHead struct {
	key      string  // "" is no object's
	head     *record // nil: the object is absent
	changing bool    // a commit is under way: nothing is known until it has ended
}

// headSlot has one of the heads whose keys have the same hash. Those of one slot share their object lock, so one commit at a time
// changes it. It does so before and after the head changes in the database, each time to a pointer that was never there before: a
// reader that finds the same pointer before and after its read of the database has read what is still true.
type headSlot struct{ atomic.Pointer[rememberedHead] }

// read returns the head of the object of that key, or nil when it is absent. It must not be changed.
func (slot *headSlot) read(r pebble.Reader, key []byte) (*record, error) {
	seen := slot.Load()
	if seen != nil && !seen.changing && seen.key == string(key) {
		return seen.head, nil
	}
	head, err := readHead(r, key)
	if err == nil && (seen == nil || !seen.changing) && whole(head) {
		slot.CompareAndSwap(seen, &rememberedHead{key: string(key), head: head})
	}
	return head, err
}

// whole reports whether a head is all of its object.
func whole(head *record) bool { return head == nil || head.flags&inParts == 0 }

// change has apply change the head of key in the database, to what an encoded head says, or to none. The caller holds the object's
// lock.
func (slot *headSlot) change(key, encoded []byte, apply func() error) error {
	slot.Store(&rememberedHead{changing: true})
	after := &rememberedHead{}
	defer func() { slot.Store(after) }()
	if err := apply(); err != nil {
		return err
	}
	var head *record
	if encoded != nil {
		var err error
		if head, err = decodeRecord(encoded); err != nil {
			return ioError(err)
		}
	}
	if whole(head) {
		after = &rememberedHead{key: string(key), head: head}
	}
	return nil
}
