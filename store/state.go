package store

// This file holds a small object in memory, and makes what a write set makes of it.

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// State is all that one version of an object has. It never changes, serves any number of goroutines, and is a Snapshot of
// itself.
type State struct {
	stat   Stat
	data   []byte
	xattrs []KeyValue // in order of their names
	header []byte
	omap   []KeyValue // in order of their keys
	cost   int64
}

var _ Snapshot = (*State)(nil)

// NewState returns the state of an object that exists. It takes ownership of all that it is given; pairs are in order of their
// keys, and data is as long as st says.
func NewState(st Stat, data []byte, xattrs []KeyValue, header []byte, omap []KeyValue) *State {
	s := &State{stat: st, data: data, xattrs: xattrs, header: header, omap: omap}
	s.cost = int64(len(data)+len(header)) + costOf(xattrs) + costOf(omap)
	return s
}

// Cost returns what the state counts where memory is bounded: its bytes, and 128 for each xattr and omap pair.
func (s *State) Cost() int64 { return s.cost }

// Apply returns the state that a commit of ws over s leaves, which shares no memory with ws. A nil s is an absent object. The
// version and the time are those that the commit gave; the size follows from ws. It returns nil when that object is absent, or
// would cost more than max.
func (s *State) Apply(ws *WriteSet, st Stat, max int64) *State {
	if ws.Remove || ws.cost() > max {
		return nil
	}
	if s == nil || ws.Reset {
		s = &State{}
	}
	data, header, omap := s.data, s.header, s.omap
	if ws.Data != nil {
		data = ws.Data.Apply(data)
	}
	if ws.OmapClear {
		header, omap = nil, nil
	}
	if ws.OmapHeader != nil {
		header = bytes.Clone(ws.OmapHeader)
	}
	st.Size = int64(len(data))
	next := NewState(st, data, applyPairs(s.xattrs, ws.Xattrs), header, applyPairs(without(omap, ws.OmapRanges), ws.Omap))
	if next.cost > max {
		return nil
	}
	return next
}

// cost is what of a write set's bytes is surely in the object after it.
func (ws *WriteSet) cost() int64 {
	sum := int64(len(ws.OmapHeader))
	if ws.Data != nil {
		sum += ws.Data.Size
	}
	for _, pairs := range []map[string][]byte{ws.Xattrs, ws.Omap} {
		for key, value := range pairs {
			if value != nil {
				sum += pairCost(key, value)
			}
		}
	}
	return sum
}

// Apply returns the data that the change makes of old, of which it needs the first Keep bytes.
func (d *DataChange) Apply(old []byte) []byte {
	data := make([]byte, d.Size)
	copy(data[:d.Keep], old)
	for _, e := range d.Extents {
		if e.Bytes == nil {
			clear(data[e.Off:][:e.Len])
		} else {
			copy(data[e.Off:], e.Bytes)
		}
	}
	return data
}

// applyPairs returns old with the changes, in which a nil value is a removal.
func applyPairs(old []KeyValue, changes map[string][]byte) []KeyValue {
	if len(changes) == 0 {
		return old
	}
	set := 0
	for _, value := range changes {
		if value != nil {
			set++
		}
	}
	pairs := make([]KeyValue, 0, len(old)+set)
	for _, kv := range old {
		if _, changed := changes[kv.Key]; !changed {
			pairs = append(pairs, kv)
		}
	}
	for key, value := range changes {
		if value != nil {
			pairs = append(pairs, KeyValue{key, bytes.Clone(value)})
		}
	}
	slices.SortFunc(pairs, func(a, b KeyValue) int { return cmp.Compare(a.Key, b.Key) })
	return fitted(pairs)
}

// without returns the pairs whose keys lie in none of the ranges, which are in order.
func without(pairs []KeyValue, ranges []KeyRange) []KeyValue {
	if len(ranges) == 0 {
		return pairs
	}
	left := make([]KeyValue, 0, len(pairs))
	for _, r := range ranges {
		first, _ := find(pairs, r.First)
		end := len(pairs)
		if !r.Open {
			end, _ = find(pairs, r.End)
		}
		left = append(left, pairs[:first]...)
		pairs = pairs[end:]
	}
	return fitted(append(left, pairs...))
}

// fitted returns the pairs in a slice that has no room for much more: the cost of a state knows of none.
func fitted(pairs []KeyValue) []KeyValue {
	if cap(pairs) <= 2*len(pairs) {
		return pairs
	}
	return append([]KeyValue(nil), pairs...)
}

func costOf(pairs []KeyValue) (sum int64) {
	for _, kv := range pairs {
		sum += kv.Cost()
	}
	return sum
}

// find returns the index of the first pair with a key >= key, and whether it is key's.
func find(pairs []KeyValue, key string) (i int, found bool) {
	return slices.BinarySearchFunc(pairs, key, func(kv KeyValue, key string) int { return strings.Compare(kv.Key, key) })
}

func value(pairs []KeyValue, key string) ([]byte, bool, error) {
	i, ok := find(pairs, key)
	if !ok {
		return nil, false, nil
	}
	return bytes.Clone(pairs[i].Value), true, nil
}

// The methods of Snapshot.

func (s *State) Stat() (Stat, bool) { return s.stat, true }

func (s *State) ReadAt(p []byte, off int64) error {
	copy(p, s.data[off:])
	return nil
}

func (s *State) Xattr(name string) ([]byte, bool, error)    { return value(s.xattrs, name) }
func (s *State) OmapValue(key string) ([]byte, bool, error) { return value(s.omap, key) }
func (s *State) OmapHeader() ([]byte, error)                { return bytes.Clone(s.header), nil }

func (s *State) Xattrs(max int64) ([]KeyValue, error) {
	if size := costOf(s.xattrs); size > max {
		return nil, fmt.Errorf("%w: the xattrs have %d bytes, 128 for each included, the limit of a listing is %d", ErrTooLarge, size, max)
	}
	all := slices.Clone(s.xattrs)
	for i := range all {
		all[i].Value = bytes.Clone(all[i].Value)
	}
	return all, nil
}

func (s *State) OmapIter(start string) (OmapIter, error) {
	i, _ := find(s.omap, start)
	return &stateIter{rest: s.omap[i:]}, nil
}

func (s *State) Close() error { return nil }

// stateIter walks over pairs. It hands out copies: a caller may change what it gets.
type stateIter struct {
	rest []KeyValue
	at   KeyValue
}

func (it *stateIter) Next() bool {
	if len(it.rest) == 0 {
		return false
	}
	it.at, it.rest = it.rest[0], it.rest[1:]
	return true
}

func (it *stateIter) Key() string            { return it.at.Key }
func (it *stateIter) Value() ([]byte, error) { return bytes.Clone(it.at.Value), nil }
func (it *stateIter) Err() error             { return nil }
func (it *stateIter) Close() error           { return nil }
