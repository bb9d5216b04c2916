package archive

// This file encodes records.

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/objluad/objluad/store"
)

// Kind says what a record is.
type Kind byte

// An archive has the pools, then the objects, each from KindObject to KindEnd or KindVoid, then the trailer.
const (
	KindPool    Kind = 1 // Ref.Pool: a pool
	KindObject  Kind = 2 // Ref, Size: an object begins
	KindData    Kind = 3 // Off, Bytes: a run of its data; what lies between runs is zeros
	KindXattr   Kind = 4 // Key, Bytes
	KindHeader  Kind = 5 // Bytes: the omap's header; there is none where it is empty
	KindPair    Kind = 6 // Key, Bytes: an omap pair
	KindEnd     Kind = 7 // the object is complete
	KindVoid    Kind = 8 // the object changed while it was read: what came of it does not count
	KindTrailer Kind = 9 // Totals; nothing follows
)

// Record is one record of an archive.
type Record struct {
	Kind   Kind
	Ref    store.Ref
	Size   int64
	Off    int64
	Key    string
	Bytes  []byte // not nil in a record that has bytes
	Totals Totals
}

// Totals counts what an archive has, without objects that are void.
type Totals struct {
	Pools   int64
	Objects int64
	Bytes   int64 // of runs of data, and of names, keys and values of xattrs and omaps
}

// content returns what the record adds to Totals.Bytes.
func (r *Record) content() int64 {
	switch r.Kind {
	case KindData, KindXattr, KindHeader, KindPair:
		return int64(len(r.Key) + len(r.Bytes))
	}
	return 0
}

// append appends the record to b. Numbers are uvarints, and strings have their length in front.
func (r *Record) append(b []byte) []byte {
	b = append(b, byte(r.Kind))
	switch r.Kind {
	case KindPool:
		return appendBytes(b, r.Ref.Pool)
	case KindObject:
		b = appendBytes(appendBytes(appendBytes(b, r.Ref.Pool), r.Ref.Namespace), r.Ref.OID)
		return binary.AppendUvarint(b, uint64(r.Size))
	case KindData:
		return appendBytes(binary.AppendUvarint(b, uint64(r.Off)), r.Bytes)
	case KindXattr, KindPair:
		return appendBytes(appendBytes(b, r.Key), r.Bytes)
	case KindHeader:
		return appendBytes(b, r.Bytes)
	case KindTrailer:
		for _, n := range []int64{r.Totals.Pools, r.Totals.Objects, r.Totals.Bytes} {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	return b
}

func appendBytes[T ~[]byte | ~string](b []byte, v T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

var errRecord = errors.New("malformed record")

// decode reads the record at the front of b. Its bytes are part of b.
func decode(b []byte) (r Record, rest []byte, err error) {
	d := decoder{b: b[1:]}
	r.Kind = Kind(b[0])
	switch r.Kind {
	case KindPool:
		r.Ref.Pool = string(d.bytes())
	case KindObject:
		r.Ref = store.Ref{Pool: string(d.bytes()), Namespace: string(d.bytes()), OID: string(d.bytes())}
		r.Size = d.number()
	case KindData:
		r.Off = d.number()
		r.Bytes = d.bytes()
	case KindXattr, KindPair:
		r.Key = string(d.bytes())
		r.Bytes = d.bytes()
	case KindHeader:
		r.Bytes = d.bytes()
	case KindEnd, KindVoid:
	case KindTrailer:
		r.Totals = Totals{Pools: d.number(), Objects: d.number(), Bytes: d.number()}
	default:
		d.bad = true
	}
	if d.bad {
		return r, nil, errRecord
	}
	return r, d.b, nil
}

// decoder reads from the front of b. After bad is set, what it returns is empty.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) number() int64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > math.MaxInt64 {
		d.b, d.bad = nil, true
		return 0
	}
	d.b = d.b[n:]
	return int64(v)
}

func (d *decoder) bytes() []byte {
	n := d.number()
	if n > int64(len(d.b)) {
		d.b, d.bad = nil, true
	}
	if d.bad {
		return []byte{}
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}
