package archive

// This file writes archives.

import (
	"fmt"
	"io"
	"sync"

	"github.com/objluad/objluad/store"
)

const (
	heldBytes = 1 << 20                // of an object that are kept until the archive is its alone
	maxValue  = maxFrame - 2*heldBytes // of key and value of one record
)

// Writer writes an archive. Objects may be written by several goroutines at once.
type Writer struct {
	mu     sync.Mutex // of the frames: an object that is written through holds it to its end
	frames *frameWriter
	totals Totals
	done   func(Totals) // called after each object, if set
}

// NewWriter begins an archive. A compressed one is of zstd frames.
func NewWriter(to io.Writer, compress bool) (*Writer, error) {
	frames, err := newFrameWriter(to, compress)
	if err != nil {
		return nil, err
	}
	return &Writer{frames: frames}, nil
}

// Pool adds a pool. All pools come before the first object.
func (w *Writer) Pool(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.totals.Pools++
	r := Record{Kind: KindPool, Ref: store.Ref{Pool: name}}
	return w.frames.add(r.append(nil))
}

// Close writes the trailer. It does not close what it writes to. Without it the archive counts as cut off.
func (w *Writer) Close() (Totals, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := Record{Kind: KindTrailer, Totals: w.totals}
	if err := w.frames.add(r.append(nil)); err != nil {
		return w.totals, err
	}
	return w.totals, w.frames.flush()
}

// Begin begins an object with so many bytes of data, in one of the pools. Its records are added in their order: runs of data by
// offset, xattrs by name, the header, omap pairs by key. Then it must be ended, once.
func (w *Writer) Begin(ref store.Ref, size int64) *ObjectWriter {
	o := &ObjectWriter{w: w}
	o.Add(&Record{Kind: KindObject, Ref: ref, Size: size})
	return o
}

// ObjectWriter writes one object: small ones in one piece when they are complete, so that others are written meanwhile. It is used
// by one goroutine. After an error all that is left to do is Abort.
type ObjectWriter struct {
	w       *Writer
	held    []byte
	through bool // it has begun in the archive, and holds the Writer
	bytes   int64
}

// Add adds a record, of which it keeps nothing.
func (o *ObjectWriter) Add(r *Record) error {
	if len(r.Key)+len(r.Bytes) > maxValue {
		return fmt.Errorf("%w: a value of %d bytes; an archive takes up to %d", store.ErrTooLarge, len(r.Bytes), maxValue)
	}
	o.bytes += r.content()
	o.held = r.append(o.held)
	switch {
	case !o.through && len(o.held) < heldBytes, len(o.held) < frameBytes:
		return nil
	case !o.through:
		o.w.mu.Lock()
		o.through = true
	}
	return o.pass()
}

// pass hands what is held to the archive.
func (o *ObjectWriter) pass() error {
	err := o.w.frames.add(o.held)
	o.held = o.held[:0]
	return err
}

// End completes the object.
func (o *ObjectWriter) End() error {
	if !o.through {
		o.w.mu.Lock()
	}
	defer o.w.mu.Unlock()
	r := Record{Kind: KindEnd}
	o.held = r.append(o.held)
	o.w.totals.Objects++
	o.w.totals.Bytes += o.bytes
	if o.w.done != nil {
		o.w.done(o.w.totals)
	}
	return o.pass()
}

// Abort drops the object. What the archive has of it already is void.
func (o *ObjectWriter) Abort() error {
	if !o.through {
		return nil
	}
	defer o.w.mu.Unlock()
	r := Record{Kind: KindVoid}
	o.held = r.append(o.held[:0])
	return o.pass()
}
