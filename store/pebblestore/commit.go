package pebblestore

// This file commits write sets.

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/objluad/objluad/store"
)

// Commit applies ws to the object atomically and durably, if the object's version is expected.
func (s *Store) Commit(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet) (version uint64, err error) {
	version, wait, err := s.CommitUnsynced(ctx, ref, expected, ws)
	if wait != nil {
		err = wait()
	}
	return version, err
}

// CommitUnsynced applies ws as Commit does, and returns before it is durable.
func (s *Store) CommitUnsynced(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet) (version uint64, wait func() error, err error) {
	p, err := s.enter(ctx, ref.Pool)
	if err != nil {
		return 0, nil, err
	}
	defer p.leave()
	size := ws.Written()
	if !ws.Remove {
		if err := s.space.admit(size); err != nil {
			s.makeRoom()
			return 0, nil, err
		}
	}
	done, err := s.large.enter(ctx, size)
	if err != nil {
		return 0, nil, err
	}
	b := s.db.NewBatchWithSize(int(size+size/64) + batchSlack)
	key := headKey(p.id, ref.Namespace, ref.OID)
	lock, slot := s.locks.of(key)
	lock.unsynced.Add(1) // before the commit is visible
	version, err = s.applyTo(b, lock, slot, key, p.id, ref, expected, ws)
	if err != nil || b.Empty() {
		lock.unsynced.Add(-1)
		done()
		if err != nil {
			return 0, nil, err
		}
		return version, nil, ioError(b.Close())
	}
	if size >= largeCommit { // who waits in the line for room must not be the one that has it
		defer done()
		defer lock.unsynced.Add(-1)
		return version, nil, s.sync(b)
	}
	s.unsynced.Add(1)
	return version, func() error {
		defer s.unsynced.Done()
		defer lock.unsynced.Add(-1)
		return s.sync(b)
	}, nil
}

// Unsynced returns what waits for the object's commits that are visible and may not be durable.
func (s *Store) Unsynced(ctx context.Context, ref store.Ref) (wait func() error, err error) {
	p, err := s.enter(ctx, ref.Pool)
	if err != nil {
		return nil, err
	}
	defer p.leave()
	lock, _ := s.locks.of(headKey(p.id, ref.Namespace, ref.OID))
	if lock.unsynced.Load() == 0 {
		return nil, nil
	}
	s.unsynced.Add(1)
	return func() error {
		defer s.unsynced.Done()
		if lock.unsynced.Load() == 0 { // whoever made them has waited
			return s.fail.err()
		}
		b := s.db.NewBatch()
		if err := b.LogData(nil, nil); err != nil { // an entry of the log behind theirs
			return ioError(err)
		}
		if err := s.apply(b); err != nil {
			return err
		}
		return s.sync(b)
	}, nil
}

// batchSlack is room in a batch for the keys of a usual commit. Those of chunks need a 64th of the data at most.
const batchSlack = 1 << 10

// applyTo fills b with what ws means for the object as it is, and applies it. It returns the new version.
func (s *Store) applyTo(b *pebble.Batch, lock *objectLock, slot *headSlot, key []byte, id poolID, ref store.Ref, expected uint64, ws *store.WriteSet) (uint64, error) {
	lock.Lock()
	defer lock.Unlock()

	known, err := slot.read(s.db, key)
	if err != nil {
		return 0, err
	}
	var current uint64
	var head *record
	if known != nil {
		copied := *known
		head, current = &copied, known.version
	}
	if current != expected {
		return 0, fmt.Errorf("%w: its version is %d, expected %d", store.ErrConflict, current, expected)
	}
	c := commit{db: s.db, batch: b, prefix: partPrefix(id, ref.Namespace, ref.OID), head: head}
	if ws.Remove {
		return s.remove(&c, slot, key)
	}
	if head == nil {
		c.head = &record{version: s.floor.version.Load()}
	}
	if err := c.change(ws); err != nil {
		return 0, ioError(err)
	}
	encoded := c.head.encode()
	if err := b.Set(key, encoded, nil); err != nil {
		return 0, ioError(err)
	}
	return c.head.version, slot.change(key, encoded, func() error { return s.apply(b) })
}

// remove removes the object, and returns the version that the removal had.
func (s *Store) remove(c *commit, slot *headSlot, key []byte) (uint64, error) {
	if c.head == nil {
		return 0, nil
	}
	heads, parts := span{key, append(slices.Clone(key), 0)}, span{}
	if c.head.flags&inParts != 0 {
		parts = span{c.prefix, after(c.prefix)}
	}
	if err := c.removeParts(inParts); err != nil {
		return 0, ioError(err)
	}
	if err := c.batch.Delete(key, nil); err != nil {
		return 0, ioError(err)
	}
	version := c.head.version + 1
	err := s.floor.raise(c.batch, version, func() error {
		return slot.change(key, nil, func() error { return s.apply(c.batch) })
	})
	if err != nil {
		return 0, err
	}
	s.room.removed(heads, parts)
	return version, nil
}

// apply makes a batch visible and puts it into the log. It must be followed by sync, unless it fails.
func (s *Store) apply(b *pebble.Batch) error {
	return s.fail.guard(func() error { return s.db.ApplyNoSyncWait(b, pebble.Sync) })
}

// sync waits until an applied batch is durable, and closes it. After a failed sync nobody knows what the disk holds, so
// the store stops.
func (s *Store) sync(b *pebble.Batch) error {
	if err := b.SyncWait(); err != nil {
		return s.fail.stop(err)
	}
	if err := s.fail.err(); err != nil {
		return err
	}
	return ioError(b.Close())
}

// commit is a change to one object in the making: the parts go into the batch, the rest into the head.
type commit struct {
	db     *pebble.DB
	batch  *pebble.Batch
	prefix []byte  // of the keys of parts
	head   *record // the new head; nil for a removal of nothing
}

// change makes the steps of store.WriteSet from 2 on.
func (c *commit) change(ws *store.WriteSet) error {
	if ws.Reset {
		if err := c.removeParts(inParts); err != nil {
			return err
		}
		c.head = &record{version: c.head.version}
	}
	c.head.version++
	c.head.mtime = time.Now().UnixNano()
	if ws.Data != nil {
		if err := c.changeData(ws.Data); err != nil {
			return err
		}
	}
	if err := c.changeXattrs(ws.Xattrs); err != nil {
		return err
	}
	return c.changeOmap(ws)
}

// removeParts removes those of the parts f that the object has.
func (c *commit) removeParts(f flags) error {
	f &= c.head.flags
	c.head.flags &^= f
	if f == 0 {
		return nil
	}
	if f == omapInParts {
		// The header sorts between data and pairs, and the xattrs after both.
		first, last := partKey(c.prefix, partHeader, ""), partKey(c.prefix, partOmap, "")
		return c.batch.DeleteRange(first, after(last), nil)
	}
	return c.batch.DeleteRange(c.prefix, after(c.prefix), nil)
}

func (c *commit) changeXattrs(changes map[string][]byte) error {
	h := c.head
	if h.flags&xattrsInParts == 0 {
		h.xattrs = h.xattrs.change(changes)
		if len(h.xattrs) <= headXattrs {
			return nil
		}
		h.flags |= xattrsInParts
		all := h.xattrs
		h.xattrs = nil
		return c.setParts(partXattr, all)
	}
	return c.changeParts(partXattr, changes)
}

func (c *commit) changeOmap(ws *store.WriteSet) error {
	h := c.head
	if ws.OmapClear {
		if err := c.removeParts(omapInParts); err != nil {
			return err
		}
		h.header, h.omap = nil, nil
	}
	if h.flags&omapInParts == 0 {
		if ws.OmapHeader != nil {
			h.header = ws.OmapHeader
		}
		h.omap = h.omap.without(ws.OmapRanges).change(ws.Omap)
		if len(h.header)+len(h.omap) <= headOmap {
			return nil
		}
		h.flags |= omapInParts
		header, all := h.header, h.omap
		h.header, h.omap = nil, nil
		if err := c.batch.Set(partKey(c.prefix, partHeader, ""), header, nil); err != nil {
			return err
		}
		return c.setParts(partOmap, all)
	}
	if ws.OmapHeader != nil {
		if err := c.batch.Set(partKey(c.prefix, partHeader, ""), ws.OmapHeader, nil); err != nil {
			return err
		}
	}
	if err := c.removeRanges(ws.OmapRanges); err != nil {
		return err
	}
	return c.changeParts(partOmap, ws.Omap)
}

// fewKeys is how many keys are deleted one by one, since range deletions make later reads slower until they are compacted away.
const fewKeys = 16

// removeRanges removes ranges of pairs that are parts.
func (c *commit) removeRanges(ranges []store.KeyRange) error {
	if len(ranges) == 0 {
		return nil
	}
	behind := after(partKey(c.prefix, partOmap, ""))
	it, err := c.db.NewIter(&pebble.IterOptions{UpperBound: behind})
	if err != nil {
		return err
	}
	defer it.Close()
	for _, r := range ranges {
		first, end := partKey(c.prefix, partOmap, r.First), behind
		if !r.Open {
			end = partKey(c.prefix, partOmap, r.End)
		}
		if err := c.removeKeys(it, first, end); err != nil {
			return err
		}
	}
	return it.Error()
}

// removeKeys deletes the keys [first, end), which it finds.
func (c *commit) removeKeys(it *pebble.Iterator, first, end []byte) error {
	few := make([][]byte, 0, fewKeys)
	for ok := it.SeekGE(first); ok && bytes.Compare(it.Key(), end) < 0; ok = it.Next() {
		if len(few) == fewKeys {
			return c.batch.DeleteRange(first, end, nil)
		}
		few = append(few, slices.Clone(it.Key()))
	}
	for _, key := range few {
		if err := c.batch.Delete(key, nil); err != nil {
			return err
		}
	}
	return nil
}

// setParts moves pairs out of the head.
func (c *commit) setParts(part byte, all pairs) error {
	for k, v := range all.from("") {
		if err := c.batch.Set(partKey(c.prefix, part, string(k)), v, nil); err != nil {
			return err
		}
	}
	return nil
}

// changeParts sets parts, or removes them where the value is nil.
func (c *commit) changeParts(part byte, changes map[string][]byte) error {
	for k, v := range changes {
		key := partKey(c.prefix, part, k)
		var err error
		if v == nil {
			err = c.batch.Delete(key, nil)
		} else {
			err = c.batch.Set(key, v, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
