package archive

// This file compares an object of an archive with one of a store.

import (
	"bytes"
	"cmp"
	"errors"
	"math"

	"github.com/objluad/objluad/store"
)

var errDiffers = errors.New("the objects differ")

// equals reports whether the store's object has exactly what the archive's has.
func equals(snap store.Snapshot, object *pending) (bool, error) {
	stat, _ := snap.Stat()
	if stat.Size != object.size {
		return false, nil
	}
	c := comparison{snap: snap, size: stat.Size, xattrs: make(map[string][]byte)}
	err := c.begin()
	if err == nil {
		defer c.pairs.Close()
		if err = object.each(c.see); err == nil {
			err = c.end()
		}
	}
	if errors.Is(err, errDiffers) {
		return false, nil
	}
	return err == nil, err
}

// comparison strikes out what the store's object has, record by record of the archive's.
type comparison struct {
	snap   store.Snapshot
	size   int64
	same   int64 // bytes of data that were compared
	xattrs map[string][]byte
	header []byte
	pairs  store.OmapIter
	buf    []byte
}

func (c *comparison) begin() (err error) {
	xattrs, err := c.snap.Xattrs(math.MaxInt64)
	if err != nil {
		return err
	}
	for _, kv := range xattrs {
		c.xattrs[kv.Key] = kv.Value
	}
	if c.header, err = c.snap.OmapHeader(); err != nil {
		return err
	}
	c.pairs, err = c.snap.OmapIter("")
	return err
}

func (c *comparison) see(r *Record) error {
	switch r.Kind {
	case KindData:
		if err := c.data(r.Off, nil); err != nil {
			return err
		}
		return c.data(r.Off+int64(len(r.Bytes)), r.Bytes)
	case KindXattr:
		value, ok := c.xattrs[r.Key]
		delete(c.xattrs, r.Key)
		return differ(!ok || !bytes.Equal(value, r.Bytes))
	case KindHeader:
		header := c.header
		c.header = nil
		return differ(!bytes.Equal(header, r.Bytes))
	case KindPair:
		return c.pair(r)
	}
	return nil
}

func (c *comparison) pair(r *Record) error {
	if !c.pairs.Next() {
		return cmp.Or(c.pairs.Err(), errDiffers)
	}
	if c.pairs.Key() != r.Key {
		return errDiffers
	}
	value, err := c.pairs.Value()
	if err != nil {
		return err
	}
	return differ(!bytes.Equal(value, r.Bytes))
}

// data compares the data up to an offset with want, or with zeros if want is nil.
func (c *comparison) data(to int64, want []byte) error {
	for c.same < to {
		if c.buf == nil {
			c.buf = make([]byte, min(c.size, dataAtOnce))
		}
		p := c.buf[:min(to-c.same, int64(len(c.buf)))]
		if err := c.snap.ReadAt(p, c.same); err != nil {
			return err
		}
		if want == nil && !zeros(p) || want != nil && !bytes.Equal(p, want[:len(p)]) {
			return errDiffers
		}
		if want != nil {
			want = want[len(p):]
		}
		c.same += int64(len(p))
	}
	return nil
}

// end finds what the store's object has beyond the archive's.
func (c *comparison) end() error {
	if err := c.data(c.size, nil); err != nil {
		return err
	}
	if c.pairs.Next() {
		return errDiffers
	}
	if err := c.pairs.Err(); err != nil {
		return err
	}
	return differ(len(c.xattrs) > 0 || len(c.header) > 0)
}

func differ(yes bool) error {
	if yes {
		return errDiffers
	}
	return nil
}
