package pebblestore

// This file changes an object's data: in the head while it is small, in chunks from then on.

import (
	"bytes"

	"github.com/objluad/objluad/store"
)

const chunkSize = 16 << 10

func chunksOf(size int64) int64 { return (size + chunkSize - 1) / chunkSize }

// changeData makes step 4 of store.WriteSet.
func (c *commit) changeData(ch *store.DataChange) error {
	h := c.head
	old := *h
	h.size, h.data = ch.Size, nil
	switch {
	case ch.Size <= headData && (ch.Keep == 0 || old.flags&dataInParts == 0):
		h.flags &^= dataInParts
		h.data = make([]byte, ch.Size)
		copy(h.data, old.data[:min(ch.Keep, int64(len(old.data)))])
		for _, e := range ch.Extents {
			fill(h.data[e.Off:e.Off+e.Len], e.Bytes)
		}
		if old.flags&dataInParts == 0 {
			return nil
		}
		return c.deleteChunks(0, chunksOf(old.size))
	case old.flags&dataInParts == 0:
		h.flags |= dataInParts
		w := chunkWriter{commit: c, keep: ch.Keep, size: ch.Size, inHead: old.data}
		w.rewrite = 0 // the kept bytes move from the head to chunk 0
		return w.write(ch)
	default:
		w := chunkWriter{commit: c, keep: ch.Keep, size: ch.Size, stored: chunksOf(old.size), rewrite: -1}
		if ch.Keep < old.size && ch.Keep%chunkSize != 0 {
			w.rewrite = ch.Keep / chunkSize // its end is dropped
		}
		return w.write(ch)
	}
}

// fill copies b to p, or zeros where b is nil.
func fill(p, b []byte) {
	if b == nil {
		clear(p)
		return
	}
	copy(p, b)
}

// deleteChunks deletes the chunks [first, end).
func (c *commit) deleteChunks(first, end int64) error {
	if end-first > fewKeys {
		return c.batch.DeleteRange(chunkKey(c.prefix, first), chunkKey(c.prefix, end), nil)
	}
	for ; first < end; first++ {
		if err := c.batch.Delete(chunkKey(c.prefix, first), nil); err != nil {
			return err
		}
	}
	return nil
}

// chunkWriter writes a change of data as chunks, from the first to the last. What it reads, and holds at once, is one
// chunk.
type chunkWriter struct {
	*commit
	keep, size int64
	stored     int64  // chunks at and behind this one are not in the database
	inHead     []byte // the old data, where it was in the head
	rewrite    int64  // a chunk that must be written even if no extent touches it; -1 for none

	next int64  // chunks below this one are done, except the one in buf
	open bool   // buf holds chunk next-1, which is to be written
	buf  []byte // grows to chunkSize
}

func (w *chunkWriter) write(ch *store.DataChange) error {
	for _, e := range ch.Extents {
		for off, end := e.Off, e.Off+e.Len; off < end; {
			n := min(end-off, chunkSize-off%chunkSize)
			var b []byte
			if e.Bytes != nil {
				b = e.Bytes[off-e.Off:][:n]
			}
			if err := w.put(off, n, b); err != nil {
				return err
			}
			off += n
		}
	}
	return w.advance(max(w.next, w.stored, w.rewrite+1))
}

// put writes n bytes, which lie in one chunk, zeros where b is nil.
func (w *chunkWriter) put(off, n int64, b []byte) error {
	chunk, begin := off/chunkSize, off%chunkSize
	if !w.open || chunk != w.next-1 {
		if err := w.advance(chunk); err != nil {
			return err
		}
		w.next = chunk + 1
		if begin == 0 && (n == chunkSize || off+n == w.size) {
			return w.whole(chunk, b)
		}
		if err := w.load(chunk); err != nil {
			return err
		}
	}
	if end := int(begin + n); end > len(w.buf) {
		old := len(w.buf)
		w.buf = w.buf[:end]
		clear(w.buf[old:])
	}
	fill(w.buf[begin:begin+n], b)
	return nil
}

// whole writes all of a chunk, of which nothing old stays; zeros are not stored.
func (w *chunkWriter) whole(chunk int64, b []byte) error {
	if !allZero(b) {
		return w.batch.Set(chunkKey(w.prefix, chunk), b, nil)
	}
	if chunk < w.stored {
		return w.deleteChunks(chunk, chunk+1)
	}
	return nil
}

// load opens a chunk with what is kept of it.
func (w *chunkWriter) load(chunk int64) error {
	if w.buf == nil {
		w.buf = make([]byte, 0, chunkSize)
	}
	w.buf, w.open = w.buf[:0], true
	kept := min(w.keep-chunk*chunkSize, chunkSize)
	if kept <= 0 {
		return nil
	}
	if chunk == 0 && w.inHead != nil {
		w.buf = append(w.buf, w.inHead[:min(kept, int64(len(w.inHead)))]...)
		return nil
	}
	if chunk >= w.stored {
		return nil
	}
	v, err := get(w.db, chunkKey(w.prefix, chunk))
	w.buf = append(w.buf, v[:min(kept, int64(len(v)))]...)
	return err
}

// advance finishes the chunks below to: it writes the open one, rewrites what loses its end, and deletes those that
// are not kept and that nothing was written to.
func (w *chunkWriter) advance(to int64) error {
	if err := w.flush(); err != nil {
		return err
	}
	if w.next <= w.rewrite && w.rewrite < to {
		if err := w.load(w.rewrite); err != nil {
			return err
		}
		w.next = w.rewrite + 1
		if err := w.flush(); err != nil {
			return err
		}
	}
	first := max(w.next, chunksOf(w.keep))
	w.next = max(w.next, to)
	if end := min(to, w.stored); first < end {
		return w.deleteChunks(first, end)
	}
	return nil
}

// flush writes the open chunk.
func (w *chunkWriter) flush() error {
	if !w.open {
		return nil
	}
	w.open = false
	return w.whole(w.next-1, w.buf)
}

var zeros [chunkSize]byte

// allZero reports whether b, of at most a chunk, is only zeros.
func allZero(b []byte) bool { return bytes.Equal(b, zeros[:len(b)]) }
