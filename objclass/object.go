// This file is the method context: the object as a running method sees it, with the semantics of Ceph's cls_cxx_* calls.

package objclass

import (
	"context"
	"slices"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// errReadOnly is what a write gets from a method, or in a call, that may only read.
var errReadOnly = Errorf(syscall.EPERM, KindOp, "the method may not write: it has no WR flag, or the call is read-only")

// Object is the object beside which a method runs; an engine's host calls act on it. Its operations read the method's own
// writes. One that is refused, or fails, has changed nothing: context, flags, capabilities and arguments are checked in this
// order, before any effect.
// OpError gives the errno of an operation that failed.
//
// An Object belongs to one run of a method and is used by one goroutine at a time. It takes ownership of the byte slices
// given to it, and those that it returns belong to the caller.
type Object struct {
	ctx     context.Context
	overlay *store.Overlay
	flags   Flags
	now     time.Time // of the run; zero is the present
	caps    *Capabilities
	ops     int64
}

// KeyValue is an xattr or an omap pair.
type KeyValue = store.KeyValue

// KeyRange is a range of omap keys.
type KeyRange = store.KeyRange

// NewObject returns the method context of one run over overlay, with all capabilities. When ctx ends, operations begin to fail.
func NewObject(ctx context.Context, overlay *store.Overlay, flags Flags) *Object {
	return &Object{ctx: ctx, overlay: overlay, flags: flags}
}

// BoundListings lowers the bytes that one listing of xattrs or of the omap may return, so that no more is read than its caller
// can take.
func (o *Object) BoundListings(size int64) { o.overlay.BoundListings(size) }

// SetNow sets the time that an object which this run creates shows as that of its modification.
func (o *Object) SetNow(now time.Time) { o.now = now }

// Ended returns the error of a context that has ended, for those who work long on what they ask of the object.
func (o *Object) Ended() error { return o.ctx.Err() }

// Ops returns how many operations were asked for, refused ones included.
func (o *Object) Ops() int64 { return o.ops }

// Version returns the version that the object had when the run began, 0 when it was absent (as current_version).
func (o *Object) Version() uint64 { return o.overlay.Version() }

// read opens every operation that does not change the object.
func (o *Object) read() error {
	o.ops++
	return o.ctx.Err()
}

// write opens every operation that changes the object.
func (o *Object) write() error {
	if err := o.read(); err != nil {
		return err
	}
	if o.flags&WR == 0 {
		return errReadOnly
	}
	return nil
}

// reads opens an operation that reads what a capability grants, whose error is refusal.
func (o *Object) reads(refusal error) error {
	if err := o.read(); err != nil {
		return err
	}
	return refusal
}

// changes opens an operation that changes what a capability grants, whose error is refusal, and does not create the object.
func (o *Object) changes(refusal error) error {
	if err := o.write(); err != nil {
		return err
	}
	return refusal
}

// makes opens an operation as changes does, that creates an absent object.
func (o *Object) makes(refusal error) error {
	if err := o.changes(refusal); err != nil {
		return err
	}
	if !o.overlay.Exists() {
		return o.caps.create()
	}
	return nil
}

// keysPerLook is how many keys are looked at between two looks at whether the call has ended.
const keysPerLook = 1024

// mayTouch asks for n omap keys.
func (o *Object) mayTouch(n int, key func(i int) string) error {
	if o.caps == nil {
		return nil
	}
	for i := range n {
		if err := o.caps.omapKey(key(i)); err != nil {
			return err
		}
		if i%keysPerLook == 0 && o.ctx.Err() != nil {
			return o.ctx.Err()
		}
	}
	return nil
}

// Create creates the object if it is absent. If exclusive, it fails with EEXIST when the object exists.
func (o *Object) Create(exclusive bool) error {
	if err := o.changes(o.caps.create()); err != nil {
		return err
	}
	return o.overlay.Create(exclusive)
}

// Remove removes the object; ENOENT when it is absent.
func (o *Object) Remove() error {
	if err := o.changes(o.caps.remove()); err != nil {
		return err
	}
	return o.overlay.Remove()
}

// Stat returns the object's size in bytes and its modification time, which is that of SetNow, or else the present, for an object
// that this run created; ENOENT when it is absent.
func (o *Object) Stat() (size int64, mtime time.Time, err error) {
	if err := o.reads(o.caps.data()); err != nil {
		return 0, time.Time{}, err
	}
	st, err := o.overlay.Stat()
	if err == nil && st.MTime.IsZero() {
		if st.MTime = o.now; o.now.IsZero() {
			st.MTime = time.Now()
		}
	}
	return st.Size, st.MTime, err
}

// Read returns up to length bytes from offset off, fewer where the data ends; a length of 0 or below reads to the end. An absent
// object reads as empty, and so does what is at a negative offset (as cls_cxx_read).
func (o *Object) Read(off, length int64) ([]byte, error) {
	if err := o.reads(o.caps.data()); err != nil {
		return nil, err
	}
	size := o.ReadSize(off, length)
	if size == 0 {
		return nil, nil
	}
	return o.overlay.Read(off, size)
}

// ReadSize returns how many bytes Read would, for callers that have a bound of their own; 0 when the class may not read them.
func (o *Object) ReadSize(off, length int64) int64 {
	if o.caps.data() != nil {
		return 0
	}
	if off < 0 {
		return 0
	}
	rest := max(o.overlay.Size()-off, 0)
	if length <= 0 {
		return rest
	}
	return min(rest, length)
}

// Write writes data at offset off and creates the object if it is absent. A gap behind the old end reads as zeros. A
// negative offset, or an end beyond the object's limit, is EFBIG.
func (o *Object) Write(off int64, data []byte) error {
	if err := o.makes(o.caps.data()); err != nil {
		return err
	}
	return o.overlay.Write(off, data)
}

// WriteFull replaces the object's data and creates the object if it is absent.
func (o *Object) WriteFull(data []byte) error {
	if err := o.makes(o.caps.data()); err != nil {
		return err
	}
	return o.overlay.WriteFull(data)
}

// Append writes data at the object's end and creates the object if it is absent, also with no data (as rados_write_op_append).
func (o *Object) Append(data []byte) error {
	if err := o.makes(o.caps.data()); err != nil {
		return err
	}
	return o.overlay.Append(data)
}

// Truncate sets the size: it drops the bytes behind it, or adds zeros. It does nothing to an absent object
// (as rados_write_op_truncate). A size that is negative, or beyond the object's limit, is EFBIG.
func (o *Object) Truncate(size int64) error {
	if err := o.changes(o.caps.data()); err != nil {
		return err
	}
	return o.overlay.Truncate(size)
}

// Zero makes length bytes from offset off zeros, as far as there are any: it does not change the size, nor create the object.
// A negative offset or length is EFBIG.
func (o *Object) Zero(off, length int64) error {
	if err := o.changes(o.caps.data()); err != nil {
		return err
	}
	return o.overlay.Zero(off, length)
}

// Xattr returns the value of an xattr; ENOENT when the object is absent, ENODATA when the xattr is.
func (o *Object) Xattr(name string) ([]byte, error) {
	if err := o.reads(o.caps.xattr(name)); err != nil {
		return nil, err
	}
	return o.overlay.Xattr(name)
}

// Xattrs returns all xattrs that the class may touch, in order of their names; ENOENT when the object is absent, EFBIG when
// the object has too many for a listing.
func (o *Object) Xattrs() ([]store.KeyValue, error) {
	if err := o.reads(o.caps.anyXattr()); err != nil {
		return nil, err
	}
	xattrs, err := o.overlay.Xattrs()
	if o.caps == nil {
		return xattrs, err
	}
	return slices.DeleteFunc(xattrs, func(kv KeyValue) bool { return !o.caps.Xattr.grant(kv.Key) }), err
}

// SetXattr sets an xattr and creates the object if it is absent.
func (o *Object) SetXattr(name string, value []byte) error {
	if err := o.makes(o.caps.xattr(name)); err != nil {
		return err
	}
	return o.overlay.SetXattr(name, value)
}

// RemoveXattr removes an xattr; ENOENT when the object is absent. An xattr that is not there is removed with success
// (as rados_write_op_rmxattr).
func (o *Object) RemoveXattr(name string) error {
	if err := o.changes(o.caps.xattr(name)); err != nil {
		return err
	}
	return o.overlay.RemoveXattr(name)
}

// OmapClear removes all omap pairs and the header; ENOENT when the object is absent.
func (o *Object) OmapClear() error {
	if err := o.changes(o.caps.wholeOmap()); err != nil {
		return err
	}
	return o.overlay.ClearOmap()
}

// OmapKeys returns up to max omap keys that are > after and begin with prefix, in byte order, and whether there are more. An
// empty after lists from the first key, and a negative max is no limit. There are fewer, and more, when they take what a listing
// may return. An absent object has none.
func (o *Object) OmapKeys(after, prefix string, max int64) (keys []string, more bool, err error) {
	if err := o.reads(o.caps.omapPrefix(prefix)); err != nil {
		return nil, false, err
	}
	return o.overlay.OmapKeys(after, prefix, max)
}

// OmapValues returns omap pairs, as OmapKeys returns keys.
func (o *Object) OmapValues(after, prefix string, max int64) (kvs []store.KeyValue, more bool, err error) {
	if err := o.reads(o.caps.omapPrefix(prefix)); err != nil {
		return nil, false, err
	}
	return o.overlay.OmapList(after, prefix, max)
}

// OmapPage returns up to max omap pairs whose keys are >= from and begin with prefix, and whether there are more: fewer when they
// would take more than about size bytes, but one at least.
func (o *Object) OmapPage(from, prefix string, max, size int64) (kvs []store.KeyValue, more bool, err error) {
	if err := o.reads(o.caps.omapPrefix(prefix)); err != nil {
		return nil, false, err
	}
	return o.overlay.OmapPage(from, prefix, max, size)
}

// OmapValuesByKeys returns the pairs that there are of some keys, in byte order; EFBIG when they are too large for a
// listing. An absent object has none.
func (o *Object) OmapValuesByKeys(keys []string) ([]store.KeyValue, error) {
	if err := o.reads(o.mayTouch(len(keys), func(i int) string { return keys[i] })); err != nil {
		return nil, err
	}
	return o.overlay.OmapValues(keys)
}

// OmapValue returns the value of an omap key; ENOENT when the object or the key is absent.
func (o *Object) OmapValue(key string) ([]byte, error) {
	if err := o.reads(o.caps.omapKey(key)); err != nil {
		return nil, err
	}
	return o.overlay.OmapValue(key)
}

// SetOmapValues sets omap pairs, the last one of a repeated key, and creates the object if it is absent: with no pairs,
// too. It sets all of them or none.
func (o *Object) SetOmapValues(kvs []store.KeyValue) error {
	if err := o.makes(o.mayTouch(len(kvs), func(i int) string { return kvs[i].Key })); err != nil {
		return err
	}
	return o.overlay.SetOmapValues(kvs)
}

// RemoveOmapKey removes an omap key; ENOENT when the object is absent. A key that is not there is removed with success,
// as in RADOS.
func (o *Object) RemoveOmapKey(key string) error {
	if err := o.changes(o.caps.omapKey(key)); err != nil {
		return err
	}
	return o.overlay.RemoveOmapKey(key)
}

// RemoveOmapRange removes the omap keys of a range; ENOENT when the object is absent, ENAMETOOLONG for a key above
// its limit (as cls_cxx_map_remove_range). A range without keys is removed with success.
func (o *Object) RemoveOmapRange(r KeyRange) error {
	if err := o.changes(o.caps.omapRange(r)); err != nil {
		return err
	}
	return o.overlay.RemoveOmapRange(r)
}

// OmapHeader returns the omap's header; empty when none was written or the object is absent.
func (o *Object) OmapHeader() ([]byte, error) {
	if err := o.reads(o.caps.header()); err != nil {
		return nil, err
	}
	return o.overlay.OmapHeader()
}

// SetOmapHeader sets the omap's header and creates the object if it is absent.
func (o *Object) SetOmapHeader(b []byte) error {
	if err := o.makes(o.caps.header()); err != nil {
		return err
	}
	return o.overlay.SetOmapHeader(b)
}
