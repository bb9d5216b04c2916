package pebblestore

// This file verifies objects: each head, and each part against its head.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/objluad/objluad/store"
)

// owner is an object of which a check visits the parts.
type owner struct {
	prefix []byte // of its parts' keys
	where  string
	head   *record // nil: what its parts should be is not known
}

// inPool verifies a key of an object.
func (c *check) inPool(key, value []byte) (skip []byte) {
	id := poolID(binary.BigEndian.Uint32(key[1:5]))
	if _, ok := c.pools[id]; !ok {
		c.problem(fmt.Sprintf("objects of pool id %d", id), "there is no such pool: they should have been removed with it")
		return after(poolPrefix(id))
	}
	kind, name := key[5], key[6:]
	namespace, rest, ok := cutName(name)
	switch {
	case ok && kind == kindHead:
		c.object(c.place(id, namespace, string(rest)), id, namespace, string(rest), value)
		return nil
	case ok && kind == kindPart:
		if oid, part, ok := cutName(rest); ok && len(part) > 0 {
			c.partOf(id, namespace, oid, key[:len(key)-len(part)])
			c.part(part[0], part[1:], value)
			return nil
		}
	}
	c.problem(fmt.Sprintf("key %q", key), "is none of this layout")
	return nil
}

// place names an object.
func (c *check) place(id poolID, namespace, oid string) string {
	where := fmt.Sprintf("pool %q, object %q", c.pools[id], oid)
	if namespace != "" {
		where += fmt.Sprintf(" of namespace %q", namespace)
	}
	return where
}

// object verifies a head.
func (c *check) object(where string, id poolID, namespace, oid string, value []byte) {
	if oid == "" || len(oid) > store.MaxOID || len(namespace) > store.MaxNamespace {
		c.problem(where, "no object can have this name")
	}
	r, err := decodeRecord(value)
	if err != nil {
		c.problem(where, "%v", err)
		return
	}
	switch {
	case !bytes.Equal(r.encode(), value):
		c.problem(where, "its head is not in the canonical form")
	case !r.xattrs.ordered():
		c.problem(where, "its xattrs are not in order")
	case !r.omap.ordered():
		c.problem(where, "its omap is not in order")
	case r.flags&dataInParts != 0 && len(r.data) > 0, len(r.data) > headData:
		c.problem(where, "its head holds %d bytes of data", len(r.data))
	case r.flags&xattrsInParts != 0 && len(r.xattrs) > 0, len(r.xattrs) > headXattrs:
		c.problem(where, "its head holds %d bytes of xattrs", len(r.xattrs))
	case r.flags&omapInParts != 0 && len(r.header)+len(r.omap) > 0, len(r.header)+len(r.omap) > headOmap:
		c.problem(where, "its head holds %d bytes of omap", len(r.header)+len(r.omap))
	}
	if r.flags&omapInParts == 0 {
		return
	}
	if header, err := get(c.snap, partKey(partPrefix(id, namespace, oid), partHeader, "")); err != nil {
		c.problem(where+", omap header", "cannot be read: %v", err)
	} else if header == nil {
		c.problem(where, "its omap has no header")
	}
}

// partOf finds the object whose part the check visits, and reports one that is absent, once.
func (c *check) partOf(id poolID, namespace, oid string, prefix []byte) {
	if bytes.Equal(prefix, c.parts.prefix) {
		return
	}
	c.parts = owner{prefix: bytes.Clone(prefix), where: c.place(id, namespace, oid)}
	v, closer, err := c.snap.Get(headKey(id, namespace, oid))
	if errors.Is(err, pebble.ErrNotFound) {
		c.problem(c.parts.where, "is absent, but parts of it are there")
		return
	}
	if err != nil {
		c.problem(c.parts.where, "its head cannot be read: %v", err)
		return
	}
	defer closer.Close()
	c.parts.head, _ = decodeRecord(bytes.Clone(v)) // a malformed one was reported
}

// part verifies one part of the object in c.parts.
func (c *check) part(kind byte, name, value []byte) {
	head := c.parts.head
	if head == nil {
		return
	}
	switch kind {
	case partData:
		if c.belongs(dataInParts, "a chunk of its data") {
			c.chunk(name, value)
		}
	case partHeader:
		if len(name) > 0 {
			c.problem(c.parts.where, "its omap has a second header, %q", name)
		} else {
			c.belongs(omapInParts, "its omap header")
		}
	case partOmap:
		c.belongs(omapInParts, fmt.Sprintf("omap key %q", name))
	case partXattr:
		c.belongs(xattrsInParts, fmt.Sprintf("xattr %q", name))
	default:
		c.problem(c.parts.where, "has a part of the unknown sort %q", kind)
	}
}

// belongs reports whether what is a part may be one.
func (c *check) belongs(f flags, what string) bool {
	if c.parts.head.flags&f == 0 {
		c.problem(c.parts.where, "%s is a part, but its head says that there is none", what)
		return false
	}
	return true
}

func (c *check) chunk(name, value []byte) {
	if len(name) != 8 {
		c.problem(c.parts.where, "a chunk of its data has the malformed number %x", name)
		return
	}
	number, size := binary.BigEndian.Uint64(name), c.parts.head.size
	where := fmt.Sprintf("%s, chunk %d", c.parts.where, number)
	switch {
	case number >= uint64(chunksOf(size)):
		c.problem(where, "lies behind the end of the data, %d bytes", size)
	case len(value) == 0 || len(value) > chunkSize:
		c.problem(where, "has %d bytes", len(value))
	case int64(number)*chunkSize+int64(len(value)) > size:
		c.problem(where, "its %d bytes go beyond the end of the data, %d bytes", len(value), size)
	case allZero(value):
		c.problem(where, "holds only zeros")
	}
}
