package archive

// This file cuts a stream of records into frames with checksums, and puts it together again.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"syscall"

	"github.com/klauspost/compress/zstd"

	"github.com/objluad/objluad/store"
)

const (
	magic         = "\x89OBJLUA\n" // not text, and spoilt where line ends are changed
	formatVersion = 1
	headerLen     = len(magic) + 8

	frameHeaderLen = 12
	frameBytes     = 256 << 10 // of records at which a frame is written
	maxFrame       = 128 << 20 // of records in a frame at most
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header returns the beginning of an archive.
func header() []byte {
	b := binary.LittleEndian.AppendUint32([]byte(magic), formatVersion)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// checksum is a frame's. The frame's number is part of it: frames that are missing, doubled or out of order do not match.
func checksum(number uint64, lengths, stored []byte) uint32 {
	sum := crc32.Update(0, castagnoli, binary.LittleEndian.AppendUint64(nil, number))
	return crc32.Update(crc32.Update(sum, castagnoli, lengths), castagnoli, stored)
}

// frameWriter gathers records and writes them as frames.
type frameWriter struct {
	to      io.Writer
	zip     *zstd.Encoder // nil: frames are not compressed
	number  uint64
	records []byte
	stored  []byte
	err     error // of the first write that failed
}

func newFrameWriter(to io.Writer, compress bool) (*frameWriter, error) {
	w := &frameWriter{to: to}
	if compress {
		var err error
		w.zip, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
		if err != nil {
			return nil, err
		}
	}
	_, w.err = to.Write(header())
	return w, w.err
}

// add takes whole records. They are copied.
func (w *frameWriter) add(records []byte) error {
	if len(w.records)+len(records) > maxFrame {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.records = append(w.records, records...)
	if len(w.records) >= frameBytes {
		return w.flush()
	}
	return w.err
}

// flush writes what was gathered as a frame.
func (w *frameWriter) flush() error {
	if w.err != nil || len(w.records) == 0 {
		return w.err
	}
	w.stored = append(w.stored[:0], make([]byte, frameHeaderLen)...)
	if w.zip != nil {
		w.stored = w.zip.EncodeAll(w.records, w.stored)
	}
	if w.zip == nil || len(w.stored)-frameHeaderLen >= len(w.records) {
		w.stored = append(w.stored[:frameHeaderLen], w.records...)
	}
	head, stored := w.stored[:frameHeaderLen], w.stored[frameHeaderLen:]
	binary.LittleEndian.PutUint32(head, uint32(len(stored)))
	binary.LittleEndian.PutUint32(head[4:], uint32(len(w.records)))
	binary.LittleEndian.PutUint32(head[8:], checksum(w.number, head[:8], stored))
	w.number++
	w.release()
	_, w.err = w.to.Write(w.stored)
	return w.err
}

// release empties the buffer, and does not keep one that a single large record has made.
func (w *frameWriter) release() {
	w.records = w.records[:0]
	if cap(w.records) > 16*frameBytes {
		w.records = nil
	}
}

// damage is an archive that is not as it was written.
type damage struct {
	offset int64 // of the frame
	what   string
}

func (d *damage) Error() string {
	return fmt.Sprintf("the archive is damaged at byte %d: %s", d.offset, d.what)
}
func (d *damage) Unwrap() error { return syscall.EBADMSG }

// frameReader reads frames.
type frameReader struct {
	from   io.Reader
	unzip  *zstd.Decoder // made for the first frame that is compressed
	number uint64
	offset int64 // of the frame in hand
	next   int64 // of the frame behind it
	stored bytes.Buffer
}

// start reads the header.
func (r *frameReader) start() error {
	b := make([]byte, headerLen)
	n, err := io.ReadFull(r.from, b)
	switch {
	case err != nil && !cutOff(err):
		return err
	case !bytes.HasPrefix([]byte(magic), b[:min(n, len(magic))]) || n == 0:
		return fmt.Errorf("%w: this is no archive of objluad", syscall.EINVAL)
	case err != nil:
		return &damage{0, fmt.Sprintf("it ends after %d bytes", n)}
	case binary.LittleEndian.Uint32(b[12:]) != crc32.Checksum(b[:12], castagnoli):
		return &damage{0, "its header does not match its checksum"}
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != formatVersion {
		return fmt.Errorf("%w: the archive has format %d, this program knows %d: use a newer objluad", store.ErrFormat, v, formatVersion)
	}
	r.next = int64(headerLen)
	return nil
}

func cutOff(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// frame returns the records of the next frame, valid until the next call; io.EOF where the archive ends behind a frame.
func (r *frameReader) frame() ([]byte, error) {
	r.offset = r.next
	head := make([]byte, frameHeaderLen)
	n, err := io.ReadFull(r.from, head)
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case cutOff(err):
		return nil, r.damaged("it ends in a frame's header, after %d bytes of it", n)
	case err != nil:
		return nil, err
	}
	length, raw := binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:])
	if length == 0 || raw == 0 || raw > maxFrame || length > raw {
		return nil, r.damaged("a frame's header has impossible lengths")
	}
	if err := r.read(int64(length)); err != nil {
		return nil, err
	}
	stored := r.stored.Bytes()
	if checksum(r.number, head[:8], stored) != binary.LittleEndian.Uint32(head[8:]) {
		return nil, r.damaged("a frame does not match its checksum")
	}
	r.number++
	r.next += frameHeaderLen + int64(length)
	if length == raw {
		return stored, nil
	}
	return r.unpack(stored, int(raw))
}

// read reads a frame's content. Its buffer grows with what comes, not with what the header says.
func (r *frameReader) read(length int64) error {
	r.stored.Reset()
	if r.stored.Cap() > 16*frameBytes {
		r.stored = bytes.Buffer{}
	}
	n, err := io.CopyN(&r.stored, r.from, length)
	if cutOff(err) {
		return r.damaged("it ends in a frame of %d bytes, after %d of them", length, n)
	}
	return err
}

func (r *frameReader) unpack(stored []byte, raw int) ([]byte, error) {
	if r.unzip == nil {
		var err error
		if r.unzip, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true)); err != nil {
			return nil, err
		}
	}
	records, err := r.unzip.DecodeAll(stored, make([]byte, 0, raw))
	if err != nil || len(records) != raw {
		return nil, r.damaged("a frame cannot be decompressed (%v)", err)
	}
	return records, nil
}

func (r *frameReader) damaged(format string, args ...any) error {
	return &damage{r.offset, fmt.Sprintf(format, args...)}
}

func (r *frameReader) close() {
	if r.unzip != nil {
		r.unzip.Close()
	}
}
