package archive

// This file keeps the records of an object until it is complete: in memory, or what is too much for that in a temporary
// file, which is an archive of that object only.

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/objluad/objluad/store"
)

// pending is an object that was read, or is. A nil one has nothing.
type pending struct {
	ref     store.Ref
	size    int64
	cost    int64 // of the records, as a commit counts them
	content int64 // bytes, as Totals counts them
	limit   int64 // of cost, up to which the records are in memory
	tempDir string

	records []Record
	file    *os.File // of what is more; it has no name any more
	buffer  *bufio.Writer
	writer  *ObjectWriter
	archive *Writer
}

// cost returns what a record counts in a commit.
func cost(r *Record) int64 { return store.KeyValue{Key: r.Key, Value: r.Bytes}.Cost() }

// add takes a copy of a record.
func (p *pending) add(r *Record) error {
	p.cost += cost(r)
	p.content += r.content()
	if p.file != nil {
		return p.spill(p.writer.Add(r))
	}
	kept := *r
	kept.Bytes = append(make([]byte, 0, len(r.Bytes)), r.Bytes...)
	p.records = append(p.records, kept)
	if p.cost <= p.limit {
		return nil
	}
	return p.spill(p.open())
}

// open moves the records to a file.
func (p *pending) open() (err error) {
	if p.file, err = os.CreateTemp(p.tempDir, "objluad-import-*"); err != nil {
		return err
	}
	if err := os.Remove(p.file.Name()); err != nil {
		return err
	}
	p.buffer = bufio.NewWriterSize(p.file, frameBytes)
	if p.archive, err = NewWriter(p.buffer, false); err != nil {
		return err
	}
	if err := p.archive.Pool(p.ref.Pool); err != nil {
		return err
	}
	p.writer = p.archive.Begin(p.ref, p.size)
	for i := range p.records {
		if err := p.writer.Add(&p.records[i]); err != nil {
			return err
		}
	}
	p.records = nil
	return nil
}

// spill says what an error of the file is about.
func (p *pending) spill(err error) error {
	if err != nil {
		return fmt.Errorf("keeping object %q of pool %q in a temporary file: %w; TMPDIR names another folder", p.ref.OID, p.ref.Pool, err)
	}
	return nil
}

// complete ends the file.
func (p *pending) complete() error {
	if p.writer == nil {
		return nil
	}
	if err := p.writer.End(); err != nil {
		return p.spill(err)
	}
	p.writer = nil
	if _, err := p.archive.Close(); err != nil {
		return p.spill(err)
	}
	return p.spill(p.buffer.Flush())
}

// each visits the records of a complete object, from the first on, whatever other visits go on. Their bytes are visit's.
func (p *pending) each(visit func(*Record) error) error {
	if p.file == nil {
		for i := range p.records {
			if err := visit(&p.records[i]); err != nil {
				return err
			}
		}
		return nil
	}
	r, err := NewReader(bufio.NewReaderSize(io.NewSectionReader(p.file, 0, math.MaxInt64), frameBytes))
	if err != nil {
		return p.spill(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return p.spill(err)
		}
		switch rec.Kind {
		case KindPool, KindObject, KindEnd, KindTrailer:
			continue
		}
		rec.Bytes = bytes.Clone(rec.Bytes)
		if err := visit(rec); err != nil {
			return err
		}
	}
}

// drop removes the file.
func (p *pending) drop() {
	if p != nil && p.file != nil {
		p.file.Close()
	}
}
