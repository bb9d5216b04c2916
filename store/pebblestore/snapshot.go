package pebblestore

// This file reads objects: a snapshot is a decoded head, and a Pebble snapshot where the object has parts.

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/objluad/objluad/store"
)

// Snapshot opens a view of the object's committed state.
func (s *Store) Snapshot(ctx context.Context, ref store.Ref) (store.Snapshot, error) {
	p, err := s.enter(ctx, ref.Pool)
	if err != nil {
		return nil, err
	}
	defer p.leave()
	key := headKey(p.id, ref.Namespace, ref.OID)
	_, slot := s.locks.of(key)
	head, err := slot.read(s.db, key)
	if err != nil {
		return nil, err
	}
	snap := &snapshot{ctx: ctx, head: head}
	if whole(head) {
		return snap, nil
	}
	// The object may have changed since, so the head is read again together with its parts.
	snap.parts = s.db.NewSnapshot()
	snap.prefix = partPrefix(p.id, ref.Namespace, ref.OID)
	if snap.head, err = readHead(snap.parts, key); err != nil {
		snap.Close()
		return nil, err
	}
	return snap, nil
}

// readHead returns the head of an object, or nil when it is absent.
func readHead(r pebble.Reader, key []byte) (*record, error) {
	v, err := get(r, key)
	if v == nil || err != nil {
		return nil, err
	}
	head, err := decodeRecord(v)
	return head, ioError(err)
}

type snapshot struct {
	ctx    context.Context
	head   *record          // nil: the object is absent; not to be changed
	parts  *pebble.Snapshot // nil: the object has no parts
	prefix []byte           // of the keys of parts
}

func (s *snapshot) in(f flags) bool { return s.head != nil && s.head.flags&f != 0 }

func (s *snapshot) Close() error {
	if s.parts == nil {
		return nil
	}
	parts := s.parts
	s.parts = nil
	return ioError(parts.Close())
}

func (s *snapshot) Stat() (st store.Stat, ok bool) {
	if s.head == nil {
		return store.Stat{}, false
	}
	return s.head.stat(), true
}

func (s *snapshot) ReadAt(p []byte, off int64) error {
	if s.head == nil || off < 0 || off > s.head.size-int64(len(p)) {
		return fmt.Errorf("%w: read of %d bytes at offset %d is not within the object", store.ErrInvalid, len(p), off)
	}
	if !s.in(dataInParts) {
		copy(p, s.head.data[off:])
		return nil
	}
	for len(p) > 0 {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		begin := off % chunkSize
		n := min(int64(len(p)), chunkSize-begin)
		if err := s.readChunk(p[:n], off/chunkSize, begin); err != nil {
			return err
		}
		p, off = p[n:], off+n
	}
	return nil
}

// readChunk fills p from offset begin of a chunk, with zeros where nothing is stored.
func (s *snapshot) readChunk(p []byte, chunk, begin int64) error {
	v, closer, err := s.parts.Get(chunkKey(s.prefix, chunk))
	if errors.Is(err, pebble.ErrNotFound) {
		clear(p)
		return nil
	}
	if err != nil {
		return ioError(err)
	}
	n := 0
	if begin < int64(len(v)) {
		n = copy(p, v[begin:])
	}
	clear(p[n:])
	return ioError(closer.Close())
}

func (s *snapshot) Xattr(name string) (value []byte, ok bool, err error) {
	if s.head == nil {
		return nil, false, nil
	}
	return s.value(xattrsInParts, partXattr, s.head.xattrs, name)
}

func (s *snapshot) OmapValue(key string) (value []byte, ok bool, err error) {
	if s.head == nil {
		return nil, false, nil
	}
	return s.value(omapInParts, partOmap, s.head.omap, key)
}

// value returns a copy of the value of an xattr or omap key, from the head or from the parts.
func (s *snapshot) value(f flags, part byte, inHead pairs, key string) (value []byte, ok bool, err error) {
	if err := s.ctx.Err(); err != nil {
		return nil, false, err
	}
	if s.in(f) {
		value, err = get(s.parts, partKey(s.prefix, part, key))
		return value, value != nil, err
	}
	if value, ok = inHead.get(key); ok {
		value = cloneValue(value)
	}
	return value, ok, nil
}

func (s *snapshot) Xattrs(max int64) ([]store.KeyValue, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	if s.head == nil {
		return nil, nil
	}
	if !s.in(xattrsInParts) {
		return s.head.xattrs.list(), nil // small: they are in the head
	}
	it, err := s.iter(partXattr, "")
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var all []store.KeyValue
	var size int64
	for it.Next() {
		v, err := it.Value()
		if err != nil {
			return nil, err
		}
		kv := store.KeyValue{Key: it.Key(), Value: v}
		if size += kv.Cost(); size > max {
			return nil, fmt.Errorf("%w: the object has more xattrs than the %d bytes of a listing; read them by their names", store.ErrTooLarge, max)
		}
		kv.Value = cloneValue(v)
		all = append(all, kv)
	}
	return all, it.Err()
}

func (s *snapshot) OmapHeader() ([]byte, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	if s.head == nil {
		return nil, nil
	}
	if s.in(omapInParts) {
		return get(s.parts, partKey(s.prefix, partHeader, ""))
	}
	return cloneValue(s.head.header), nil
}

func (s *snapshot) OmapIter(start string) (store.OmapIter, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	if s.in(omapInParts) {
		return s.iter(partOmap, start)
	}
	if s.head == nil {
		return &headIter{}, nil
	}
	return &headIter{rest: decoder{b: s.head.omap}, start: start}, nil
}

// headIter iterates over the pairs in a head.
type headIter struct {
	rest       decoder
	start      string
	key, value []byte
}

func (it *headIter) Next() bool {
	for len(it.rest.b) > 0 {
		it.key, it.value = it.rest.bytes(), it.rest.bytes()
		if string(it.key) >= it.start {
			return true
		}
	}
	return false
}

func (it *headIter) Key() string            { return string(it.key) }
func (it *headIter) Value() ([]byte, error) { return cloneValue(it.value), nil }
func (it *headIter) Err() error             { return nil }
func (it *headIter) Close() error           { return nil }

// iter iterates over the parts of one sort, from the first name >= start.
func (s *snapshot) iter(part byte, start string) (*partIter, error) {
	first := partKey(s.prefix, part, "")
	it, err := s.parts.NewIterWithContext(s.ctx, &pebble.IterOptions{
		LowerBound: partKey(s.prefix, part, start),
		UpperBound: after(first),
	})
	if err != nil {
		return nil, ioError(err)
	}
	return &partIter{ctx: s.ctx, it: it, prefix: len(first)}, nil
}

type partIter struct {
	ctx    context.Context
	it     *pebble.Iterator
	prefix int // length of what precedes the name in a key
	begun  bool
	err    error
}

func (p *partIter) Next() bool {
	if p.err == nil {
		p.err = p.ctx.Err()
	}
	if p.err != nil {
		return false
	}
	if !p.begun {
		p.begun = true
		return p.it.First()
	}
	return p.it.Next()
}

func (p *partIter) Key() string { return string(p.it.Key()[p.prefix:]) }

func (p *partIter) Value() ([]byte, error) {
	v, err := p.it.ValueAndErr()
	return v, ioError(err)
}

func (p *partIter) Err() error {
	if p.err != nil {
		return p.err
	}
	return ioError(p.it.Error())
}

func (p *partIter) Close() error { return ioError(p.it.Close()) }
