// This file cuts the bytes of a RESP connection into commands, with memory bounded before it is taken.

package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/objluad/objluad/server/limits"
)

const (
	frameBuffer  = 8 << 10         // bytes of the buffer that a connection keeps
	maxArgs      = limits.MaxParts // arguments of one command
	maxInline    = 4 << 10         // bytes of an inline command
	maxHeader    = 32              // bytes of a line that announces a count or a length
	idleBuffer   = 64              // bytes of the buffer of a connection that idles
	idleArgs     = 64              // arguments that a connection keeps room for
	noFrame      = -1              // frameReader.missing when no header was read
	noBulk       = -1              // frameReader.bulk when no header was read
	shrinkFactor = 8               // a buffer this many times frameBuffer is given back when memory is tight
)

// protocolError says what is wrong with the bytes that a client sent. The connection cannot go on after it.
type protocolError struct{ text string }

func (e *protocolError) Error() string { return "protocol error: " + e.text }

func protocolErrorf(format string, args ...any) error {
	return &protocolError{fmt.Sprintf(format, args...)}
}

// frameReader reads commands: arrays of bulk strings, or inline commands as typed into telnet.
//
// Invariants: the buffer holds at most twice the bytes that arrived, whatever a header announces, and never more than a
// frame of max bytes needs; a byte is examined once, however small the reads are. For both it remembers how far the
// frame was read. (redcon's own reader starts over at each read, and takes a negative length for an index.)
//
// Memory beyond frameBuffer is taken of what all connections have in common. A frame for which there is none is read and dropped.
type frameReader struct {
	src    io.Reader
	max    int            // bytes that one frame may have
	memory *limits.Memory // nil has no bound
	held   int            // bytes taken of it

	buf  []byte // buf[r:w] was read from src and not yet consumed
	r, w int

	received int64 // bytes in all

	// The frame that begins at buf[r]. Offsets are relative to r, since growing moves the frame.
	pos     int    // bytes of it that were examined
	missing int    // arguments that did not arrive in full, or noFrame
	bulk    int    // bytes of the argument at pos, or noBulk; of a frame that is dropped, those that did not arrive
	drops   bool   // the frame
	spans   []span // arguments that arrived
	args    [][]byte
}

// span is where an argument lies in its frame.
type span struct{ off, end uint32 }

const (
	spanBytes = 8  // of memory that a span takes
	argBytes  = 24 // of memory that an argument takes beside its bytes
)

func newFrameReader(src io.Reader, maxFrame int) *frameReader {
	f := &frameReader{src: src, buf: make([]byte, frameBuffer), missing: noFrame, bulk: noBulk}
	f.limit(maxFrame)
	return f
}

// limit sets the most bytes of the frames that follow.
func (f *frameReader) limit(maxFrame int) { f.max = min(max(maxFrame, frameBuffer), math.MaxUint32) }

// next returns the arguments of the next command, which are valid until the next call of fill. ok is false when the
// buffer holds no complete command. A command has at least one argument. Errors are *protocolError, or ErrNoMemory for a command that
// was dropped, behind which the next one can be read.
func (f *frameReader) next() (args [][]byte, ok bool, err error) {
	for f.missing == noFrame {
		if f.r == f.w {
			return nil, false, nil
		}
		if f.buf[f.r] != '*' {
			args, ok, err := f.inline()
			if !ok || err != nil || len(args) > 0 {
				return args, ok, err
			}
			continue
		}
		n, ok, err := f.header('*', maxArgs)
		if !ok || err != nil {
			return nil, false, err
		}
		if n == 0 { // Redis takes an empty command for nothing at all
			f.consume()
			continue
		}
		f.missing = n
	}
	if f.drops {
		return nil, false, f.drop()
	}
	for f.missing > 0 {
		if f.bulk == noBulk {
			n, ok, err := f.header('$', f.max-f.pos)
			if !ok || err != nil {
				return nil, false, err
			}
			f.bulk = n
		}
		end := f.pos + f.bulk
		if end+2 > f.max {
			return nil, false, f.tooLarge()
		}
		if f.w-f.r < end+2 {
			return nil, false, nil
		}
		if f.buf[f.r+end] != '\r' || f.buf[f.r+end+1] != '\n' {
			return nil, false, protocolErrorf("a bulk string of %d bytes does not end after them", f.bulk)
		}
		f.spans = append(f.spans, span{uint32(f.pos), uint32(end)})
		f.pos, f.bulk = end+2, noBulk
		f.missing--
	}
	if !f.roomForArgs() {
		f.consume()
		return nil, false, limits.ErrNoMemory
	}
	f.args = f.args[:0]
	for _, s := range f.spans {
		f.args = append(f.args, f.buf[f.r+int(s.off):f.r+int(s.end):f.r+int(s.end)])
	}
	f.consume()
	return f.args, true, nil
}

// header reads the line at pos: kind and a number up to limit. ok is false when the line is not complete.
func (f *frameReader) header(kind byte, limit int) (n int, ok bool, err error) {
	line := f.buf[f.r+f.pos : f.w]
	if len(line) > 0 && line[0] != kind {
		return 0, false, protocolErrorf("expected '%c', got %q", kind, line[:1])
	}
	if len(line) > maxHeader {
		line = line[:maxHeader]
	}
	nl := bytes.IndexByte(line, '\n')
	if nl < 0 {
		if len(line) == maxHeader {
			return 0, false, protocolErrorf("the line of '%c' is too long", kind)
		}
		return 0, false, nil
	}
	if line[nl-1] != '\r' || nl < 3 {
		return 0, false, protocolErrorf("bad line of '%c'", kind)
	}
	for _, c := range line[1 : nl-1] {
		if c < '0' || c > '9' {
			return 0, false, protocolErrorf("bad number after '%c'", kind)
		}
		if n = n*10 + int(c-'0'); n > limit {
			if kind == '*' {
				return 0, false, protocolErrorf("a command may have %d arguments", limit)
			}
			return 0, false, f.tooLarge()
		}
	}
	f.pos += nl + 1
	return n, true, nil
}

// inline reads a line of words, which may have none.
func (f *frameReader) inline() (args [][]byte, ok bool, err error) {
	line := f.buf[f.r:min(f.w, f.r+maxInline)]
	nl := bytes.IndexByte(line, '\n')
	if nl < 0 {
		if len(line) == maxInline {
			return nil, false, protocolErrorf("an inline command may have %d bytes", maxInline)
		}
		return nil, false, nil
	}
	if line[0] == tlsHandshake {
		return nil, false, protocolErrorf("this is TLS, and the port is one of RESP without it")
	}
	if line[0] == '$' { // a bulk string without its array
		return nil, false, protocolErrorf("expected '*' or a word, got %q", line[:1])
	}
	if f.args, ok = splitLine(line[:nl], f.args[:0]); !ok {
		return nil, false, protocolErrorf("unbalanced quotes in an inline command")
	}
	if len(f.args) == 3 && bytes.HasPrefix(f.args[2], []byte("HTTP/")) {
		// A web page can make a browser send this, and then whatever it likes as further lines.
		return nil, false, protocolErrorf("this is HTTP, and the port is one of RESP")
	}
	f.pos = nl + 1
	f.consume()
	return f.args, true, nil
}

func (f *frameReader) tooLarge() error {
	return protocolErrorf("a command may have %d bytes", f.max)
}

// consume steps over the frame that was read.
func (f *frameReader) consume() {
	f.r += f.pos
	f.pos, f.missing, f.bulk, f.spans = 0, noFrame, noBulk, f.spans[:0]
}

// fill reads once from the source, and makes room before if there is none. It invalidates the arguments that next
// returned.
func (f *frameReader) fill() error {
	if f.r == f.w {
		f.r, f.w = 0, 0
		if f.large() && f.memory.Tight() {
			f.resize(frameBuffer)
		}
	}
	if f.w == len(f.buf) {
		f.makeRoom()
	}
	n, err := f.src.Read(f.buf[f.w:])
	f.w += n
	f.received += int64(n)
	if n > 0 && len(f.buf) < frameBuffer {
		f.resize(frameBuffer)
	}
	switch {
	case n > 0:
		return nil
	case err == nil:
		return io.ErrNoProgress
	case err == io.EOF && f.w > f.r:
		return io.ErrUnexpectedEOF
	}
	return err
}

// makeRoom moves the frame to the buffer's beginning, or into a buffer twice as large if it is there already. If there is no memory
// for that, the frame is dropped.
func (f *frameReader) makeRoom() {
	if f.r > 0 {
		f.w = copy(f.buf, f.buf[f.r:f.w])
		f.r = 0
		return
	}
	// What was examined fits into max; behind it lies at most a part of a header.
	size := min(2*len(f.buf), f.max+maxHeader)
	if f.hold(size - frameBuffer + cap(f.spans)*spanBytes) {
		f.resize(size)
		return
	}
	f.drops = true
	f.r += f.pos
	f.pos, f.spans = 0, nil
	if f.bulk != noBulk {
		f.bulk += len("\r\n") - (f.w - f.r)
		f.r = f.w
	}
	f.resize(frameBuffer)
}

// drop forgets what arrived of a frame that is dropped. At its end it fails with ErrNoMemory.
func (f *frameReader) drop() error {
	for f.missing > 0 {
		if f.bulk == noBulk {
			n, ok, err := f.header('$', f.max)
			if !ok || err != nil {
				return err
			}
			f.r += f.pos
			f.pos, f.bulk = 0, n+len("\r\n")
		}
		n := min(f.bulk, f.w-f.r)
		f.r += n
		if f.bulk -= n; f.bulk > 0 {
			return nil
		}
		f.bulk = noBulk
		f.missing--
	}
	f.drops = false
	f.consume()
	return limits.ErrNoMemory
}

// roomForArgs reports whether there is memory for the arguments that arrived.
func (f *frameReader) roomForArgs() bool {
	if n := len(f.spans); n > max(cap(f.args), shrinkFactor*idleArgs) {
		return f.hold(max(f.held, len(f.buf)-frameBuffer+cap(f.spans)*spanBytes) + n*argBytes)
	}
	return true
}

// hold has the reader hold n bytes of the memory that all have in common, and reports whether there are as many.
func (f *frameReader) hold(n int) bool {
	if n > f.held && !f.memory.Take(n-f.held) {
		return false
	}
	if n < f.held {
		f.memory.Give(f.held - n)
	}
	f.held = n
	return true
}

// idle reports whether nothing is left to be read.
func (f *frameReader) idle() bool { return f.r == f.w }

// large reports whether the reader holds more memory than a connection should for long.
func (f *frameReader) large() bool {
	return len(f.buf) > shrinkFactor*frameBuffer || cap(f.spans) > shrinkFactor*idleArgs || cap(f.args) > shrinkFactor*idleArgs
}

// shrink gives memory back, until something is read. The reader must be idle.
func (f *frameReader) shrink() { f.resize(idleBuffer) }

// release gives all memory back, for good.
func (f *frameReader) release() { f.hold(0) }

// resize has a buffer of that size, and if that is small, no other memory. For a larger one than the buffer is, memory was taken.
func (f *frameReader) resize(size int) {
	buf := make([]byte, size)
	f.w = copy(buf, f.buf[f.r:f.w])
	f.r, f.buf = 0, buf
	clear(f.args[:cap(f.args)]) // which would keep the buffer before
	if size <= frameBuffer {
		f.hold(0)
		if f.idle() && f.large() {
			f.spans, f.args = nil, nil
		}
	}
}

// isProtocolError reports whether err was caused by what the client sent.
func isProtocolError(err error) bool {
	var p *protocolError
	return errors.As(err, &p)
}
