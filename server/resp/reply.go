// This file writes RESP replies, in the protocol version that the connection chose.

package resp

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"github.com/tidwall/redcon"

	"github.com/objluad/objluad/server/limits"
)

const gatheredReplies = limits.SmallReply // bytes of replies that are gathered before they are sent

// replyWriter gathers the replies of one connection. A large bulk string goes to the connection without being copied
// here. After a write failed, further ones do nothing, and flush says why.
type replyWriter struct {
	dst    io.Writer
	w      *bufio.Writer
	resp3  bool
	errors int64             // that were written
	count  func(code string) // takes the first word of each of them
}

func newReplyWriter(dst io.Writer, count func(code string)) *replyWriter {
	return &replyWriter{dst: dst, w: bufio.NewWriterSize(dst, gatheredReplies), count: count}
}

// shrink gives the buffer back, which must be empty, until grow.
func (r *replyWriter) shrink() { r.w = bufio.NewWriterSize(r.dst, 1) }

// grow makes a buffer again after shrink.
func (r *replyWriter) grow() {
	if r.w.Size() < gatheredReplies {
		r.w = bufio.NewWriterSize(r.dst, gatheredReplies)
	}
}

func (r *replyWriter) flush() error { return r.w.Flush() }

func (r *replyWriter) ok()           { r.simple("OK") }
func (r *replyWriter) int(n int64)   { r.w.Write(redcon.AppendInt(r.w.AvailableBuffer(), n)) }
func (r *replyWriter) array(n int)   { r.w.Write(redcon.AppendArray(r.w.AvailableBuffer(), n)) }
func (r *replyWriter) uint(n uint64) { r.w.Write(redcon.AppendUint(r.w.AvailableBuffer(), n)) }

// simple writes a simple string; s has no CR and LF.
func (r *replyWriter) simple(s string) {
	r.w.Write(redcon.AppendString(r.w.AvailableBuffer(), s))
}

func (r *replyWriter) bulk(b []byte) {
	r.header('$', len(b))
	r.w.Write(b)
	r.w.WriteString("\r\n")
}

func (r *replyWriter) bulkString(s string) {
	r.header('$', len(s))
	r.w.WriteString(s)
	r.w.WriteString("\r\n")
}

// text writes a string for people: RESP3 tells programs that it is one.
func (r *replyWriter) text(s string) {
	if !r.resp3 {
		r.bulkString(s)
		return
	}
	r.header('=', len("txt:")+len(s))
	r.w.WriteString("txt:")
	r.w.WriteString(s)
	r.w.WriteString("\r\n")
}

// mapping begins a map of n pairs, which RESP2 knows only as an array of 2n elements.
func (r *replyWriter) mapping(n int) {
	if r.resp3 {
		r.header('%', n)
		return
	}
	r.array(2 * n)
}

// set begins a set of n elements, which RESP2 knows only as an array.
func (r *replyWriter) set(n int) {
	if r.resp3 {
		r.header('~', n)
		return
	}
	r.array(n)
}

func (r *replyWriter) bool(b bool) {
	switch {
	case r.resp3 && b:
		r.w.WriteString("#t\r\n")
	case r.resp3:
		r.w.WriteString("#f\r\n")
	case b:
		r.int(1)
	default:
		r.int(0)
	}
}

func (r *replyWriter) null() {
	if r.resp3 {
		r.w.WriteString("_\r\n")
		return
	}
	r.w.WriteString("$-1\r\n")
}

// nullArray writes the null that stands where an array would.
func (r *replyWriter) nullArray() {
	if r.resp3 {
		r.null()
		return
	}
	r.w.WriteString("*-1\r\n")
}

// error writes a failed call's reply: "-<ERRNO> <kind> <message>". If the client wants it, what else is known follows on lines of
// their own, which only a bulk error of RESP3 can carry. Some clients of RESP3, redis-cli 7 among them, cannot read one.
func (r *replyWriter) error(err error, meta bool) {
	if line := loginError(err); line != "" {
		r.errorText(line)
		return
	}
	e := envelope(err)
	if !r.resp3 || !meta {
		r.errorText(errorLine(e))
		return
	}
	text := errorLines(e)
	r.countError(text)
	r.header('!', len(text))
	r.w.WriteString(text)
	r.w.WriteString("\r\n")
}

// errorText writes a simple error; line has no CR and LF.
func (r *replyWriter) errorText(line string) {
	r.countError(line)
	r.w.WriteByte('-')
	r.w.WriteString(line)
	r.w.WriteString("\r\n")
}

func (r *replyWriter) countError(text string) {
	code, _, _ := strings.Cut(text, " ")
	r.errors++
	r.count(code)
}

// header writes the line that begins a reply of some length.
func (r *replyWriter) header(kind byte, n int) {
	b := append(r.w.AvailableBuffer(), kind)
	b = strconv.AppendInt(b, int64(n), 10)
	r.w.Write(append(b, '\r', '\n'))
}
