package store

// This file lays a growing write set over a snapshot, so that a method reads its own writes.

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/RaduBerinde/btreemap"
)

// entryCost is what each extent, xattr and omap entry counts in a write set beside its bytes, so that many tiny entries
// are bounded by the memory that they take.
const entryCost = 128

// Overlay is one object as a method sees it: a snapshot and the changes made so far. It checks every change against its
// limits before making it, so a failed operation changes nothing. There is one exception: a change that its context ended may
// be made by half. Then Err tells so, and the overlay must be dropped.
//
// An Overlay takes ownership of the byte slices that it is given; those that it returns belong to the caller. It is used
// by one goroutine at a time, and does not close its snapshot.
type Overlay struct {
	steps  steps
	snap   Snapshot
	limits Limits
	base   Stat
	had    bool // the object exists in the snapshot

	exists bool
	under  bool // the snapshot's content shows where nothing was changed; false once the object was removed

	// The object has size bytes of data. Those below keep are the snapshot's and the rest zeros, except where written.
	// Invariant: keep <= size, keep <= base.Size, and extents lie within size.
	size    int64
	keep    int64
	written extents

	xattrs map[string][]byte // nil value: removed
	omap   omapChanges
	cost   int64 // of xattrs; extents and omap count their own

	listing int64 // bytes that a listing may return
	broken  error // of a change that was ended when it had begun
}

// NewOverlay returns an overlay over snap that has no changes. Operations that may take long end when ctx does.
func NewOverlay(ctx context.Context, snap Snapshot, limits Limits) *Overlay {
	o := &Overlay{steps: steps{ctx: ctx}, snap: snap, limits: limits.WithDefaults(), listing: listingBytes}
	o.base, o.had = snap.Stat()
	o.exists, o.under = o.had, o.had
	o.size, o.keep = o.base.Size, o.base.Size
	return o
}

// BoundListings lowers the bytes of names, keys and values, and 128 for each of them, that one listing may return; it is 64 MiB
// before.
func (o *Overlay) BoundListings(size int64) { o.listing = min(o.listing, size) }

// Err returns the error of a change that the context ended half-way, and nil if there was none: only then may the write set be
// committed.
func (o *Overlay) Err() error { return o.broken }

// begun remembers the error of a change that has had an effect already.
func (o *Overlay) begun(err error) error {
	if err != nil {
		o.broken = err
	}
	return err
}

// Exists reports whether the object exists.
func (o *Overlay) Exists() bool { return o.exists }

// Size returns the number of bytes of data; an absent object has none.
func (o *Overlay) Size() int64 { return o.size }

// Version returns the snapshot's version, which a commit of the write set must expect; 0 when the object was absent.
func (o *Overlay) Version() uint64 { return o.base.Version }

// Stat describes the object with its changed size. Modification time and version are the snapshot's, and zero for an
// object created in this overlay. It fails with ErrNotFound.
func (o *Overlay) Stat() (Stat, error) {
	if !o.exists {
		return Stat{}, ErrNotFound
	}
	st := Stat{Size: o.size}
	if o.under {
		st.MTime, st.Version = o.base.MTime, o.base.Version
	}
	return st, nil
}

// Create makes the object exist. It fails with ErrExists when exclusive and the object exists.
func (o *Overlay) Create(exclusive bool) error {
	if o.exists && exclusive {
		return ErrExists
	}
	o.exists = true
	return nil
}

// Remove removes the object with all that it has. It fails with ErrNotFound.
func (o *Overlay) Remove() error {
	if !o.exists {
		return ErrNotFound
	}
	*o = Overlay{steps: o.steps, snap: o.snap, limits: o.limits, base: o.base, had: o.had, listing: o.listing, broken: o.broken}
	return nil
}

// Read returns length bytes at off, fewer where the data ends before. An absent object reads as empty. A negative offset
// or length fails with ErrTooLarge, as cls_lua does.
func (o *Overlay) Read(off, length int64) ([]byte, error) {
	if off < 0 || length < 0 {
		return nil, fmt.Errorf("%w: read of %d bytes at offset %d", ErrTooLarge, length, off)
	}
	p := make([]byte, min(length, max(0, o.size-off)))
	if err := o.written.read(p, off, &o.steps, o.readBelow); err != nil {
		return nil, err
	}
	return p, nil
}

// readBelow fills p with what the snapshot holds of the data, and zeros behind it.
func (o *Overlay) readBelow(p []byte, off int64) error {
	n := min(int64(len(p)), max(0, o.keep-off))
	clear(p[n:])
	if n == 0 {
		return nil
	}
	return o.snap.ReadAt(p[:n], off)
}

// Write puts data at off and extends the object where needed; bytes between the old end and off become zeros. It creates
// the object if absent. As with pwrite, empty data extends nothing.
func (o *Overlay) Write(off int64, data []byte) error {
	n := int64(len(data))
	if !o.fits(off, n) {
		return o.tooLarge("write", off, n)
	}
	end := off + n
	if n > 0 && !o.written.within(off, n) {
		frees, err := o.written.costWithin(off, end, &o.steps)
		if err != nil {
			return err
		}
		// Two more runs at most: the new one, and the rest of one that it splits.
		if err := o.admit(n+2*entryCost, frees); err != nil {
			return err
		}
	}
	o.exists = true
	if n == 0 {
		return nil
	}
	if err := o.written.write(off, data, &o.steps); err != nil {
		return o.begun(err)
	}
	o.size = max(o.size, end)
	o.hide(off, end)
	return nil
}

// WriteFull replaces all data, and creates the object if absent.
func (o *Overlay) WriteFull(data []byte) error {
	n := int64(len(data))
	if !o.fits(0, n) {
		return o.tooLarge("write", 0, n)
	}
	if err := o.admit(n+entryCost, o.written.cost); err != nil {
		return err
	}
	o.exists = true
	o.written = extents{}
	o.size, o.keep = n, 0
	if n == 0 {
		return nil
	}
	return o.begun(o.written.write(0, data, &o.steps))
}

// Append puts data at the end, and creates the object if absent, for empty data too.
func (o *Overlay) Append(data []byte) error { return o.Write(o.size, data) }

// Truncate sets the size, dropping bytes or adding zeros. As rados truncate, it does nothing to an absent object.
func (o *Overlay) Truncate(size int64) error {
	if !o.fits(size, 0) {
		return fmt.Errorf("%w: truncation to %d bytes; the object limit is %d bytes", ErrTooLarge, size, o.limits.ObjectSize)
	}
	if !o.exists {
		return nil
	}
	if size < o.size {
		if err := o.written.clear(size, o.size, &o.steps); err != nil {
			return o.begun(err)
		}
	}
	o.size, o.keep = size, min(o.keep, size)
	return nil
}

// Zero makes the bytes of [off, off+length) that lie within the size zeros. It neither extends nor creates the object. RADOS
// cuts an object off where zeros would reach its end; here the size stays.
func (o *Overlay) Zero(off, length int64) error {
	if off < 0 || length < 0 {
		return fmt.Errorf("%w: zeroing of %d bytes at offset %d", ErrTooLarge, length, off)
	}
	length = min(length, max(0, o.size-off))
	if length == 0 {
		return nil
	}
	end := off + length
	frees, err := o.written.costWithin(off, end, &o.steps)
	if err != nil {
		return err
	}
	if err := o.admit(2*entryCost, frees); err != nil {
		return err
	}
	o.hide(off, end)
	if off < o.keep {
		return o.begun(o.written.zero(off, length, &o.steps))
	}
	return o.begun(o.written.clear(off, end, &o.steps))
}

// hide lowers keep where [off, end), whose bytes are all replaced, reaches the end of what is kept: the engine then need
// not read what it overwrites.
func (o *Overlay) hide(off, end int64) {
	if end >= o.keep {
		o.keep = min(o.keep, off)
	}
}

// fits reports whether the object may have n bytes of data at off. An object that is larger than its limit, because the
// limit was lowered, may still be changed within its size.
func (o *Overlay) fits(off, n int64) bool {
	return off >= 0 && off <= math.MaxInt64-n && off+n <= max(o.limits.ObjectSize, o.size)
}

func (o *Overlay) tooLarge(what string, off, n int64) error {
	return fmt.Errorf("%w: %s of %d bytes at offset %d exceeds the object limit of %d bytes",
		ErrTooLarge, what, n, off, o.limits.ObjectSize)
}

// admit checks that the write set has room for a change that adds and frees so many bytes.
func (o *Overlay) admit(adds, frees int64) error {
	total := o.written.cost + o.omap.cost + o.omap.removed.cost + o.cost + adds - frees
	if adds > frees && total > o.limits.WriteSet {
		return fmt.Errorf("%w: the write set would have %d bytes, the limit is %d", ErrTooLarge, total, o.limits.WriteSet)
	}
	return nil
}

// Xattr returns the value of an xattr. It fails with ErrNotFound or ErrNoXattr.
func (o *Overlay) Xattr(name string) ([]byte, error) {
	if !o.exists {
		return nil, ErrNotFound
	}
	if len(name) > o.limits.XattrName {
		return nil, ErrNoXattr // no object has it, and the text would be as long
	}
	if name == RepliesXattr {
		return nil, fmt.Errorf("%w: %q", ErrNoXattr, name)
	}
	value, changed := o.xattrs[name]
	if !changed && o.under {
		if value, ok, err := o.snap.Xattr(name); err != nil || ok {
			return value, err
		}
	}
	if value == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoXattr, name)
	}
	return bytes.Clone(value), nil
}

// Xattrs returns all xattrs in order of their names. It fails with ErrNotFound, and with ErrTooLarge when they are more
// than a listing may have; the limit is checked against the snapshot's and the changed ones apart.
func (o *Overlay) Xattrs() ([]KeyValue, error) {
	if !o.exists {
		return nil, ErrNotFound
	}
	most := min(o.limits.Xattrs, o.listing)
	var base []KeyValue
	if o.under {
		var err error
		if base, err = o.snap.Xattrs(most); err != nil {
			return nil, err
		}
		base = withoutReplies(base)
	}
	if len(o.xattrs) == 0 {
		return base, nil
	}
	return o.mergeXattrs(base, most)
}

// mergeXattrs returns base with the changed xattrs, in order. It sorts by insertion, since a sort cannot be ended half-way.
func (o *Overlay) mergeXattrs(base []KeyValue, most int64) ([]KeyValue, error) {
	order := btreemap.New[string, []byte](16, strings.Compare)
	for _, kv := range base {
		if err := o.steps.take(); err != nil {
			return nil, err
		}
		if _, changed := o.xattrs[kv.Key]; !changed {
			order.ReplaceOrInsert(kv.Key, kv.Value)
		}
	}
	for name, value := range o.xattrs {
		if err := o.steps.take(); err != nil {
			return nil, err
		}
		if value == nil {
			continue
		}
		if most -= pairCost(name, value); most < 0 {
			return nil, fmt.Errorf("%w: the xattrs that were set are too many to list; read them by their names", ErrTooLarge)
		}
		order.ReplaceOrInsert(name, bytes.Clone(value))
	}
	all := make([]KeyValue, 0, order.Len())
	for name, value := range order.Ascend(btreemap.Min[string](), btreemap.Max[string]()) {
		all = append(all, KeyValue{name, value})
	}
	return all, nil
}

// SetXattr sets an xattr, and creates the object if absent.
func (o *Overlay) SetXattr(name string, value []byte) error {
	if len(name) > o.limits.XattrName {
		return fmt.Errorf("%w: the xattr's name has %d bytes, the limit is %d", ErrNameTooLong, len(name), o.limits.XattrName)
	}
	if err := checkReserved(name); err != nil {
		return err
	}
	if int64(len(value)) > o.limits.XattrValue {
		return fmt.Errorf("%w: xattr %q of %d bytes exceeds the limit of %d", ErrTooLarge, name, len(value), o.limits.XattrValue)
	}
	if err := o.putXattr(name, notNil(value)); err != nil {
		return err
	}
	o.exists = true
	return nil
}

// RemoveXattr removes an xattr; one that is absent is no error, as for rados rmxattr. It fails with ErrNotFound when the object
// is absent.
func (o *Overlay) RemoveXattr(name string) error {
	if !o.exists {
		return ErrNotFound
	}
	if len(name) > o.limits.XattrName {
		return nil // no object has such an xattr
	}
	if err := checkReserved(name); err != nil {
		return err
	}
	return o.putXattr(name, nil)
}

// putXattr records a change. Removals are recorded even where the snapshot has no such xattr: engines remove what is not
// there without harm, and finding out would cost a read.
func (o *Overlay) putXattr(name string, value []byte) error {
	adds, frees := pairCost(name, value), int64(0)
	if old, ok := o.xattrs[name]; ok {
		frees = pairCost(name, old)
	}
	if err := o.admit(adds, frees); err != nil {
		return err
	}
	if o.xattrs == nil {
		o.xattrs = make(map[string][]byte)
	}
	o.xattrs[name] = value
	o.cost += adds - frees
	return nil
}

// Changed reports whether the object differs from the snapshot, as far as known without reading it: a value that was set
// to what it was counts as changed. When it is false there is nothing to commit.
func (o *Overlay) Changed() bool {
	switch {
	case !o.exists:
		return o.had
	case !o.under:
		return true // created, or removed and created again
	}
	return o.dataChanged() || len(o.xattrs) > 0 || o.omap.changed()
}

func (o *Overlay) dataChanged() bool {
	return o.size != o.base.Size || o.keep != o.base.Size || o.written.cost > 0
}

// WriteSet returns the changes as a write set, which shares memory with the overlay: the overlay must not be used while
// the write set is.
func (o *Overlay) WriteSet() *WriteSet {
	if !o.exists {
		return &WriteSet{Remove: true}
	}
	ws := &WriteSet{
		Reset:      o.had && !o.under,
		Xattrs:     o.xattrs,
		OmapClear:  o.omap.cleared,
		OmapHeader: o.omap.header,
		OmapRanges: o.omap.removed.list(),
		Omap:       o.omap.pairs,
	}
	if o.dataChanged() {
		ws.Data = &DataChange{Keep: o.keep, Size: o.size, Extents: o.written.list()}
	}
	return ws
}

// pairCost is what a named value counts in a write set and in a listing.
func pairCost(key string, value []byte) int64 {
	return KeyValue{key, value}.Cost()
}

// notNil returns b, or an empty slice for nil, which write sets read as a removal.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
