package archive

// This file reads archives, and holds what they say against the order that they must have.

import (
	"fmt"
	"io"
	"math"

	"github.com/objluad/objluad/store"
)

// Reader reads an archive from its beginning to its end.
type Reader struct {
	frames  frameReader
	records []byte // of the frame in hand
	check   sequence
}

// NewReader begins to read. It fails with EINVAL when this is no archive, with store.ErrFormat when it is of a later version, and with
// EBADMSG when it is damaged.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{frames: frameReader{from: from}}
	if err := r.frames.start(); err != nil {
		return nil, err
	}
	return r, nil
}

// Next returns the next record. Its bytes are valid until the next call. Behind the trailer it returns io.EOF; an archive that
// is damaged or ends elsewhere is EBADMSG.
func (r *Reader) Next() (*Record, error) {
	for len(r.records) == 0 {
		var err error
		r.records, err = r.frames.frame()
		switch {
		case err == io.EOF && !r.check.complete:
			return nil, r.frames.damaged("it ends before its trailer")
		case err != nil:
			return nil, err
		}
	}
	rec, rest, err := decode(r.records)
	if err == nil {
		err = r.check.see(&rec)
	}
	if err != nil {
		return nil, r.frames.damaged("%v", err)
	}
	r.records = rest
	return &rec, nil
}

// Close releases what reading took.
func (r *Reader) Close() { r.frames.close() }

// Verify reads an archive to its end, and returns what it has.
func Verify(from io.Reader) (Totals, error) {
	r, err := NewReader(from)
	if err != nil {
		return Totals{}, err
	}
	defer r.Close()
	for {
		if _, err := r.Next(); err == io.EOF {
			return r.check.totals, nil
		} else if err != nil {
			return r.check.totals, err
		}
	}
}

// sequence knows what came, and what may come next.
type sequence struct {
	pools    map[string]bool
	totals   Totals
	complete bool // the trailer came

	object  *Record // the one that is not ended yet
	last    Record  // before, of the object
	written int64   // end of the last run of data
	bytes   int64
}

// see takes a record, unless it may not come here.
func (s *sequence) see(r *Record) error {
	switch {
	case s.complete:
		return fmt.Errorf("a record follows the trailer")
	case r.Kind == KindPool || r.Kind == KindObject || r.Kind == KindTrailer:
		if s.object != nil {
			return fmt.Errorf("object %q has no end", s.object.Ref.OID)
		}
		return s.seeOutside(r)
	case s.object == nil:
		return fmt.Errorf("a record belongs to no object")
	}
	return s.seeInside(r)
}

func (s *sequence) seeOutside(r *Record) error {
	switch r.Kind {
	case KindPool:
		if s.totals.Objects > 0 || s.pools[r.Ref.Pool] || r.Ref.Pool == "" {
			return fmt.Errorf("pool %q is out of place", r.Ref.Pool)
		}
		if s.pools == nil {
			s.pools = make(map[string]bool)
		}
		s.pools[r.Ref.Pool] = true
		s.totals.Pools++
	case KindObject:
		if !s.pools[r.Ref.Pool] || r.Ref.OID == "" {
			return fmt.Errorf("object %q is in no pool", r.Ref.OID)
		}
		s.object, s.last, s.written, s.bytes = r, *r, 0, 0
	case KindTrailer:
		if r.Totals != s.totals {
			return fmt.Errorf("the trailer counts %+v, but there were %+v", r.Totals, s.totals)
		}
		s.complete = true
	}
	return nil
}

func (s *sequence) seeInside(r *Record) error {
	inOrder := r.Kind > s.last.Kind || r.Kind == s.last.Kind && r.Key > s.last.Key && (r.Kind == KindXattr || r.Kind == KindPair)
	switch r.Kind {
	case KindData:
		n := int64(len(r.Bytes))
		inOrder = s.last.Kind <= KindData && n > 0 && r.Off >= s.written && r.Off <= math.MaxInt64-n && r.Off+n <= s.object.Size
		s.written = r.Off + n
	case KindHeader:
		inOrder = inOrder && len(r.Bytes) > 0
	case KindEnd:
		s.totals.Objects++
		s.totals.Bytes += s.bytes
		s.object = nil
		return nil
	case KindVoid:
		s.object = nil
		return nil
	}
	if !inOrder {
		return fmt.Errorf("a record of object %q is out of order", s.object.Ref.OID)
	}
	s.bytes += r.content()
	s.last = Record{Kind: r.Kind, Key: r.Key, Ref: store.Ref{}}
	return nil
}
