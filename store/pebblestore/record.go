package pebblestore

// This file encodes the head record of an object, and the small xattrs, omap and data within it.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/objluad/objluad/store"
)

// Shares of the head: what is larger moves to keys of its own. Together they are about one page of the disk, which a
// synced write costs anyway.
const (
	headData   = 2048
	headXattrs = 1024
	headOmap   = 1024 // header and pairs
)

// Flags tell what of an object is in parts rather than in its head.
type flags byte

const (
	dataInParts flags = 1 << iota
	xattrsInParts
	omapInParts
	inParts = dataInParts | xattrsInParts | omapInParts
)

// record is the head of an object. The slices of a decoded one point into the encoding.
type record struct {
	flags   flags
	version uint64
	mtime   int64 // nanoseconds since 1970
	size    int64
	xattrs  pairs
	header  []byte // of the omap
	omap    pairs
	data    []byte // size bytes, unless in parts
}

func (r *record) stat() store.Stat {
	return store.Stat{Size: r.size, MTime: time.Unix(0, r.mtime), Version: r.version}
}

func (r *record) encode() []byte {
	b := make([]byte, 0, 64+len(r.xattrs)+len(r.header)+len(r.omap)+len(r.data))
	b = append(b, byte(r.flags))
	b = binary.AppendUvarint(b, r.version)
	b = binary.AppendVarint(b, r.mtime)
	b = binary.AppendUvarint(b, uint64(r.size))
	b = appendBytes(b, r.xattrs)
	b = appendBytes(b, r.header)
	b = appendBytes(b, r.omap)
	return append(b, r.data...)
}

var errRecord = errors.New("malformed head record")

func decodeRecord(b []byte) (*record, error) {
	if len(b) == 0 || flags(b[0])&^inParts != 0 {
		return nil, errRecord
	}
	r := &record{flags: flags(b[0])}
	d := decoder{b: b[1:]}
	r.version = d.uvarint()
	r.mtime = d.varint()
	r.size = int64(d.uvarint())
	r.xattrs = d.bytes()
	r.header = d.bytes()
	r.omap = d.bytes()
	r.data = d.b
	if d.bad || r.version == 0 || r.size < 0 || !r.xattrs.valid() || !r.omap.valid() {
		return nil, errRecord
	}
	if r.flags&dataInParts == 0 && r.size != int64(len(r.data)) {
		return nil, fmt.Errorf("%w: size %d, but %d bytes of data", errRecord, r.size, len(r.data))
	}
	return r, nil
}

// pairs is a list of names and values, ordered by name, each with its length in front. Those of a decoded record are
// well-formed.
type pairs []byte

func (p pairs) valid() bool {
	d := decoder{b: p}
	for len(d.b) > 0 {
		d.bytes()
		d.bytes()
	}
	return !d.bad
}

// ordered reports whether the keys rise.
func (p pairs) ordered() bool {
	var last []byte
	for k := range p.from("") {
		if last != nil && string(k) <= string(last) {
			return false
		}
		last = k
	}
	return true
}

func appendBytes[T ~[]byte | ~string](b []byte, v T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// from yields the pairs whose keys are >= start. What it yields points into p.
func (p pairs) from(start string) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		for d := (decoder{b: p}); len(d.b) > 0; {
			k, v := d.bytes(), d.bytes()
			if string(k) >= start && !yield(k, v) {
				return
			}
		}
	}
}

// get returns the value of a key, which points into p.
func (p pairs) get(key string) (value []byte, ok bool) {
	for k, v := range p.from(key) {
		if string(k) == key {
			return v, true
		}
		break
	}
	return nil, false
}

func (p pairs) list() []store.KeyValue {
	var kvs []store.KeyValue
	for k, v := range p.from("") {
		kvs = append(kvs, store.KeyValue{Key: string(k), Value: cloneValue(v)})
	}
	return kvs
}

// change returns p with each entry of changes set, or removed where its value is nil.
func (p pairs) change(changes map[string][]byte) pairs {
	if len(changes) == 0 {
		return p
	}
	all := make(map[string][]byte, len(changes)+4)
	for k, v := range p.from("") {
		all[string(k)] = v
	}
	maps.Copy(all, changes)
	var changed pairs
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if v := all[k]; v != nil {
			changed = appendBytes(appendBytes(changed, k), v)
		}
	}
	return changed
}

// without returns p without the pairs of some ranges, which are in order.
func (p pairs) without(ranges []store.KeyRange) pairs {
	if len(ranges) == 0 {
		return p
	}
	var left pairs
	for k, v := range p.from("") {
		for len(ranges) > 0 && !ranges[0].Open && ranges[0].End <= string(k) {
			ranges = ranges[1:]
		}
		if len(ranges) == 0 || !ranges[0].Contains(string(k)) {
			left = appendBytes(appendBytes(left, k), v)
		}
	}
	return left
}

// decoder reads from the front of b. After bad is set, what it returns is zero.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.skip(n)
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	d.skip(n)
	return v
}

func (d *decoder) skip(n int) {
	if n <= 0 {
		d.b, d.bad = nil, true
		return
	}
	d.b = d.b[n:]
}

// bytes returns a byte string that is never nil, as nil means removed elsewhere.
func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.b, d.bad = nil, true
		return []byte{}
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	if v == nil {
		v = []byte{}
	}
	return v
}

// cloneValue returns a copy of v that is not nil.
func cloneValue(v []byte) []byte { return append(make([]byte, 0, len(v)), v...) }
