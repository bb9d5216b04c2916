package store

// This file keeps what was written over an object's data, as runs of bytes and runs of zeros.

import (
	"bytes"
	"cmp"

	"github.com/RaduBerinde/btreemap"
)

// joinLimit is the size up to which a write that continues a run is copied to its end. It makes a million one-byte
// appends a few runs, and leaves large writes uncopied.
const joinLimit = 64 << 10

// extents is a set of runs that do not overlap, ordered by offset, and costs O(log n) for each write. The zero value is
// empty.
type extents struct {
	runs *btreemap.BTreeMap[int64, *run] // by offset; nil when nothing was written
	cost int64                           // of all runs, as the write set counts it
}

// run is what one extent holds. The extents own its bytes: a write within a run changes them in place.
type run struct {
	len   int64
	bytes []byte // nil for zeros; never has capacity that another run uses
	whole int    // length of the allocation that bytes keeps alive
}

func (r *run) cost() int64 { return entryCost + int64(len(r.bytes)) }

// release copies the bytes of a run that uses less than half of its allocation, so that memory in use stays within twice
// what the write set counts. Each copy halves the allocation: a byte is copied O(log n) times, however runs are cut.
func (r *run) release() {
	if 2*len(r.bytes) < r.whole {
		r.bytes = bytes.Clone(r.bytes)
		r.whole = len(r.bytes)
	}
}

// at returns the run that covers off or starts there.
func (x *extents) at(off int64) (start int64, r *run) {
	if x.runs == nil {
		return 0, nil
	}
	for start, r := range x.runs.Descend(btreemap.LE(off), btreemap.Min[int64]()) {
		if off < start+r.len {
			return start, r
		}
		break
	}
	return 0, nil
}

// within reports whether [off, off+n) lies in one run of bytes, where a write costs nothing more.
func (x *extents) within(off, n int64) bool {
	start, r := x.at(off)
	return r != nil && r.bytes != nil && off+n <= start+r.len
}

// costWithin returns what clearing [off, end) would take off the cost, at least.
func (x *extents) costWithin(off, end int64) int64 {
	var sum int64
	x.overlapping(off, end, func(start int64, r *run) {
		if start >= off && start+r.len <= end {
			sum += r.cost()
		} else if r.bytes != nil {
			sum += min(end, start+r.len) - max(off, start)
		}
	})
	return sum
}

// overlapping visits the runs that share a byte with [off, end), in order.
func (x *extents) overlapping(off, end int64, visit func(start int64, r *run)) {
	if x.runs == nil {
		return
	}
	from := off
	if start, r := x.at(off); r != nil {
		from = start
	}
	for start, r := range x.runs.Ascend(btreemap.GE(from), btreemap.LT(end)) {
		visit(start, r)
	}
}

// write puts data, which is not empty, at off. It takes ownership of data.
func (x *extents) write(off int64, data []byte) {
	n := int64(len(data))
	if x.within(off, n) {
		start, r := x.at(off)
		copy(r.bytes[off-start:], data)
		return
	}
	x.clear(off, off+n)
	if _, r := x.at(off - 1); r != nil && r.bytes != nil && r.len+n <= joinLimit {
		r.bytes = append(r.bytes, data...)
		r.len += n
		r.whole = cap(r.bytes)
		x.cost += n
		return
	}
	r := &run{len: n, bytes: data[:n:n], whole: cap(data)}
	r.release()
	x.put(off, r)
}

// zero makes [off, off+n) zeros, whatever lies below.
func (x *extents) zero(off, n int64) {
	x.clear(off, off+n)
	x.put(off, &run{len: n})
}

// clear removes what was written to [off, end).
func (x *extents) clear(off, end int64) {
	if x.runs == nil {
		return
	}
	x.cut(off)
	x.cut(end)
	var inside []int64
	for start, r := range x.runs.Ascend(btreemap.GE(off), btreemap.LT(end)) {
		inside = append(inside, start)
		x.cost -= r.cost()
	}
	for _, start := range inside {
		x.runs.Delete(start)
	}
	if _, r := x.at(off - 1); r != nil {
		r.release()
	}
	if _, r := x.at(end); r != nil {
		r.release()
	}
}

// cut makes off a border between runs.
func (x *extents) cut(off int64) {
	start, r := x.at(off)
	if r == nil || start == off {
		return
	}
	n := off - start
	right := &run{len: r.len - n}
	r.len = n
	if r.bytes != nil {
		right.bytes, right.whole = r.bytes[n:], r.whole
		r.bytes = r.bytes[:n:n]
		x.cost -= right.len
	}
	x.put(off, right)
}

func (x *extents) put(off int64, r *run) {
	if x.runs == nil {
		x.runs = btreemap.New[int64, *run](8, cmp.Compare[int64])
	}
	x.runs.ReplaceOrInsert(off, r)
	x.cost += r.cost()
}

// read fills p with the bytes at off, and has below fill what was not written.
func (x *extents) read(p []byte, off int64, below func(p []byte, off int64) error) error {
	end := off + int64(len(p))
	pos := off
	var err error
	gap := func(to int64) {
		if err == nil && pos < to {
			err = below(p[pos-off:to-off], pos)
		}
	}
	x.overlapping(off, end, func(start int64, r *run) {
		gap(start)
		from, to := max(start, off), min(start+r.len, end)
		if r.bytes != nil {
			copy(p[from-off:to-off], r.bytes[from-start:])
		} else {
			clear(p[from-off : to-off])
		}
		pos = to
	})
	gap(end)
	return err
}

// list returns the runs as a DataChange has them. They share the bytes.
func (x *extents) list() []Extent {
	if x.runs == nil {
		return nil
	}
	list := make([]Extent, 0, x.runs.Len())
	for start, r := range x.runs.Ascend(btreemap.Min[int64](), btreemap.Max[int64]()) {
		list = append(list, Extent{Off: start, Len: r.len, Bytes: r.bytes})
	}
	return list
}
