package store

// This file is ranges of omap keys, and sets of them.

import (
	"strings"

	"github.com/RaduBerinde/btreemap"
)

// KeyRange is the omap keys k with First <= k < End in byte order, or, if it is Open, all with First <= k.
type KeyRange struct {
	First string
	End   string // of an open range it means nothing
	Open  bool
}

// Contains reports whether key lies in the range.
func (r KeyRange) Contains(key string) bool { return r.First <= key && (r.Open || key < r.End) }

// Empty reports whether no key lies in the range.
func (r KeyRange) Empty() bool { return !r.Open && r.First >= r.End }

// Cost is what the range counts in a write set: its bounds, and 128 for the memory that an entry takes.
func (r KeyRange) Cost() int64 { return entryCost + int64(len(r.First)) + int64(len(r.End)) }

// keyRanges is a set of ranges that are not empty and neither overlap nor touch. Adding one, and finding the one around a key,
// costs O(log n). The zero value is empty.
type keyRanges struct {
	ranges *btreemap.BTreeMap[string, KeyRange] // by First; nil while there are none
	cost   int64
}

func (s *keyRanges) empty() bool { return s.ranges == nil || s.ranges.Len() == 0 }

// around returns the range that key lies in.
func (s *keyRanges) around(key string) (r KeyRange, ok bool) {
	if s.ranges == nil {
		return KeyRange{}, false
	}
	for _, r := range s.ranges.Descend(btreemap.LE(key), btreemap.Min[string]()) {
		return r, r.Contains(key)
	}
	return KeyRange{}, false
}

// joined returns the smallest range that holds r and the ranges of the set which r overlaps or touches, and these.
func (s *keyRanges) joined(r KeyRange, steps *steps) (all KeyRange, parts []KeyRange, err error) {
	if s.ranges == nil {
		return r, nil, nil
	}
	from := r.First
	for _, before := range s.ranges.Descend(btreemap.LE(from), btreemap.Min[string]()) {
		if before.Open || before.End >= from {
			parts = append(parts, before)
			r = r.with(before)
		}
		break
	}
	for first, next := range s.ranges.Ascend(btreemap.GT(from), btreemap.Max[string]()) {
		if !r.Open && first > r.End {
			break
		}
		if err := steps.take(); err != nil {
			return KeyRange{}, nil, err
		}
		parts = append(parts, next)
		r = r.with(next)
	}
	return r, parts, nil
}

// with returns the range from the lower beginning of both to the higher end.
func (r KeyRange) with(other KeyRange) KeyRange {
	r.First = min(r.First, other.First)
	r.End = max(r.End, other.End)
	if r.Open = r.Open || other.Open; r.Open {
		r.End = ""
	}
	return r
}

// replace puts r in the place of parts, which joined gave.
func (s *keyRanges) replace(parts []KeyRange, r KeyRange, steps *steps) error {
	if s.ranges == nil {
		s.ranges = btreemap.New[string, KeyRange](8, strings.Compare)
	}
	for _, part := range parts {
		if err := steps.take(); err != nil {
			return err
		}
		s.ranges.Delete(part.First)
		s.cost -= part.Cost()
	}
	s.ranges.ReplaceOrInsert(r.First, r)
	s.cost += r.Cost()
	return nil
}

// list returns the ranges in order.
func (s *keyRanges) list() []KeyRange {
	if s.empty() {
		return nil
	}
	list := make([]KeyRange, 0, s.ranges.Len())
	for _, r := range s.ranges.Ascend(btreemap.Min[string](), btreemap.Max[string]()) {
		list = append(list, r)
	}
	return list
}
