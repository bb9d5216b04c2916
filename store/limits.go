package store

import "fmt"

// Limits bounds what one object may hold. A zero field means its default.
type Limits struct {
	ObjectSize int64 // bytes of data in an object; default 128 MiB
	XattrName  int   // bytes in an xattr's name; default 100, as cls_lua's backing store
	XattrValue int64 // bytes in an xattr's value; default 64 KiB
	Xattrs     int64 // bytes that one listing of xattrs returns, 128 for each included; default 16 MiB
	OmapKey    int   // bytes in an omap key; default 64 KiB
	OmapValue  int64 // bytes in an omap value or header; default 16 MiB
	WriteSet   int64 // bytes that one commit may write, names, keys and 128 for each entry included; default 192 MiB
}

// WithDefaults returns l with its zero fields replaced by the defaults.
func (l Limits) WithDefaults() Limits {
	def := func(p *int64, v int64) {
		if *p == 0 {
			*p = v
		}
	}
	defInt := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	def(&l.ObjectSize, 128<<20)
	defInt(&l.XattrName, 100)
	def(&l.XattrValue, 64<<10)
	def(&l.Xattrs, 16<<20)
	defInt(&l.OmapKey, 64<<10)
	def(&l.OmapValue, 16<<20)
	def(&l.WriteSet, 192<<20)
	return l
}

// Bounds of names, in bytes. RADOS's are the same by default (osd_max_object_name_len, osd_max_object_namespace_len).
const (
	MaxOID       = 2048
	MaxNamespace = 256
	MaxPool      = 128
)

// Check reports whether a client may use ref as the name of an object.
func (ref Ref) Check() error {
	if err := CheckPool(ref.Pool); err != nil {
		return err
	}
	switch {
	case ref.OID == "":
		return fmt.Errorf("%w: the object id is empty", ErrInvalid)
	case len(ref.OID) > MaxOID:
		return fmt.Errorf("%w: the object id has %d bytes, the limit is %d", ErrNameTooLong, len(ref.OID), MaxOID)
	case len(ref.Namespace) > MaxNamespace:
		return fmt.Errorf("%w: the namespace has %d bytes, the limit is %d", ErrNameTooLong, len(ref.Namespace), MaxNamespace)
	}
	return nil
}

// CheckPool reports whether name may be the name of a pool: 1 to 128 bytes, printable ASCII, without a slash. A name that
// begins with a dot is reserved for the daemon itself.
func CheckPool(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: the pool's name is empty", ErrInvalid)
	case len(name) > MaxPool:
		return fmt.Errorf("%w: the pool's name has %d bytes, the limit is %d", ErrNameTooLong, len(name), MaxPool)
	case name[0] == '.':
		return fmt.Errorf("%w: pool %q: names that begin with a dot are reserved", ErrInvalid, name)
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '/' {
			return fmt.Errorf("%w: pool %q: a pool's name is printable ASCII without space and slash", ErrInvalid, name)
		}
	}
	return nil
}
