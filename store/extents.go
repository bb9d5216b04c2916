package store

// This file keeps what was written over an object's data, as runs of bytes and runs of zeros.

import (
	"bytes"
	"cmp"
	"iter"

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
func (x *extents) costWithin(off, end int64, steps *steps) (int64, error) {
	if x.allWithin(off, end) {
		return x.cost, nil
	}
	var sum int64
	err := x.overlapping(off, end, steps, func(start int64, r *run) error {
		if start >= off && start+r.len <= end {
			sum += r.cost()
		} else if r.bytes != nil {
			sum += min(end, start+r.len) - max(off, start)
		}
		return nil
	})
	return sum, err
}

// allWithin reports whether there are runs, and all of them lie in [off, end).
func (x *extents) allWithin(off, end int64) bool {
	if x.runs == nil || x.runs.Len() == 0 {
		return false
	}
	first, _, _ := x.runs.Min()
	last, r, _ := x.runs.Max()
	return off <= first && last+r.len <= end
}

// overlapping visits the runs that share a byte with [off, end), in order, until visit fails.
func (x *extents) overlapping(off, end int64, steps *steps, visit func(start int64, r *run) error) error {
	if x.runs == nil {
		return nil
	}
	from := off
	if start, r := x.at(off); r != nil {
		from = start
	}
	for start, r := range x.runs.Ascend(btreemap.GE(from), btreemap.LT(end)) {
		if err := steps.take(); err != nil {
			return err
		}
		if err := visit(start, r); err != nil {
			return err
		}
	}
	return nil
}

// write puts data, which is not empty, at off. It takes ownership of data.
func (x *extents) write(off int64, data []byte, steps *steps) error {
	n := int64(len(data))
	if x.within(off, n) {
		start, r := x.at(off)
		copy(r.bytes[off-start:], data)
		return nil
	}
	if err := x.clear(off, off+n, steps); err != nil {
		return err
	}
	if _, r := x.at(off - 1); r != nil && r.bytes != nil && r.len+n <= joinLimit {
		r.bytes = append(r.bytes, data...)
		r.len += n
		r.whole = cap(r.bytes)
		x.cost += n
		return nil
	}
	r := &run{len: n, bytes: data[:n:n], whole: cap(data)}
	r.release()
	x.put(off, r)
	return nil
}

// zero makes [off, off+n) zeros, whatever lies below.
func (x *extents) zero(off, n int64, steps *steps) error {
	if err := x.clear(off, off+n, steps); err != nil {
		return err
	}
	x.put(off, &run{len: n})
	return nil
}

// clear removes what was written to [off, end). If it is ended by its steps, some of that is left.
func (x *extents) clear(off, end int64, steps *steps) error {
	if x.allWithin(off, end) {
		*x = extents{}
		return nil
	}
	if x.runs == nil {
		return nil
	}
	x.cut(off)
	x.cut(end)
	if err := x.removeWithin(off, end, steps); err != nil {
		return err
	}
	if _, r := x.at(off - 1); r != nil {
		r.release()
	}
	if _, r := x.at(end); r != nil {
		r.release()
	}
	return nil
}

// removeWithin removes the runs that begin in [off, end), which end there too: one by one, or, where they are most of all, by
// making a new tree of the others.
func (x *extents) removeWithin(off, end int64, steps *steps) error {
	n := 0
	err := x.overlapping(off, end, steps, func(int64, *run) error { n++; return nil })
	if err != nil {
		return err
	}
	if n > x.runs.Len()/2 {
		return x.keepOutside(off, end, steps)
	}
	return x.deleteWithin(off, end, steps)
}

// keepOutside makes a new tree of the runs that do not begin in [off, end).
func (x *extents) keepOutside(off, end int64, steps *steps) error {
	var kept extents
	below := x.runs.Ascend(btreemap.Min[int64](), btreemap.LT(off))
	above := x.runs.Ascend(btreemap.GE(end), btreemap.Max[int64]())
	for _, part := range []iter.Seq2[int64, *run]{below, above} {
		for start, r := range part {
			if err := steps.take(); err != nil {
				return err
			}
			kept.put(start, r)
		}
	}
	*x = kept
	return nil
}

// deleteWithin deletes the runs that begin in [off, end). The tree must not change while it is walked, so they are taken out a
// batch at a time.
func (x *extents) deleteWithin(off, end int64, steps *steps) error {
	var batch [256]int64
	for {
		n := 0
		for start, r := range x.runs.Ascend(btreemap.GE(off), btreemap.LT(end)) {
			batch[n] = start
			x.cost -= r.cost()
			if n++; n == len(batch) {
				break
			}
		}
		for _, start := range batch[:n] {
			x.runs.Delete(start)
		}
		if n < len(batch) {
			return nil
		}
		if err := steps.takeMany(n); err != nil {
			return err
		}
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

// denseRun is the length of what is read per run, below which the layer under the runs is read at once, also where they hide
// it: each read of it costs about as much as this many bytes.
const denseRun = 4 << 10

// read fills p with the bytes at off, and has below fill what was not written.
func (x *extents) read(p []byte, off int64, steps *steps, below func(p []byte, off int64) error) error {
	end := off + int64(len(p))
	if x.dense(off, end) {
		if err := below(p, off); err != nil {
			return err
		}
		below = func([]byte, int64) error { return nil }
	}
	pos := off
	gap := func(to int64) error {
		if pos < to {
			return below(p[pos-off:to-off], pos)
		}
		return nil
	}
	err := x.overlapping(off, end, steps, func(start int64, r *run) error {
		if err := gap(start); err != nil {
			return err
		}
		from, to := max(start, off), min(start+r.len, end)
		fill(p[from-off:to-off], r, from-start)
		pos = to
		return nil
	})
	if err != nil {
		return err
	}
	return gap(end)
}

// fill copies what r holds from begin on to p.
func fill(p []byte, r *run, begin int64) {
	if r.bytes == nil {
		clear(p)
		return
	}
	copy(p, r.bytes[begin:])
}

// dense reports whether there are many runs in [off, end) for its length.
func (x *extents) dense(off, end int64) bool {
	if x.runs == nil {
		return false
	}
	few := 1 + (end-off)/denseRun
	for range x.runs.Ascend(btreemap.GE(off), btreemap.LT(end)) {
		if few--; few < 0 {
			return true
		}
	}
	return false
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
