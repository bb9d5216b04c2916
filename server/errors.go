// This file puts errors into words for the wire: the envelope of any error, and text that cannot break a protocol or a
// terminal.

package server

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/objluad/objluad/objclass"
)

const (
	maxMessage   = 4 << 10  // bytes of a message on the wire
	maxTraceback = 16 << 10 // bytes of a traceback on the wire
	maxWhere     = 256      // bytes of a place in a script on the wire
)

// inputError says what is wrong with a request.
func inputError(format string, args ...any) error {
	return objclass.Errorf(syscall.EINVAL, objclass.KindInput, format, args...)
}

// asError returns the envelope of an error.
func asError(err error) *objclass.Error {
	var e *objclass.Error
	if errors.As(err, &e) {
		return e
	}
	if isProtocolError(err) {
		return objclass.Errorf(syscall.EINVAL, objclass.KindInput, "%w", err)
	}
	return objclass.OpError(err)
}

// errorLine returns "<ERRNO> <kind> <message>" on one line.
func errorLine(e *objclass.Error) string {
	return e.ErrnoName() + " " + string(e.Kind) + " " + printable(e.Message, maxMessage, false)
}

// errorLines returns errorLine and what else is known of the error, on lines of their own: "where: ", "class_version: " and "usage: ",
// as far as there are any, and behind a line "traceback:" the traceback.
func errorLines(e *objclass.Error) string {
	var b strings.Builder
	b.WriteString(errorLine(e))
	if e.Where != "" {
		b.WriteString("\nwhere: " + printable(e.Where, maxWhere, false))
	}
	if e.ClassVersion != "" {
		b.WriteString("\nclass_version: " + e.ClassVersion)
	}
	if e.Usage != (objclass.Usage{}) {
		fmt.Fprintf(&b, "\nusage: cpu_us=%d peak_bytes=%d host_ops=%d", e.Usage.CPU.Microseconds(), e.Usage.PeakBytes, e.Usage.HostOps)
	}
	if e.Traceback != "" {
		b.WriteString("\ntraceback:\n" + printable(e.Traceback, maxTraceback, true))
	}
	return b.String()
}

// printable returns s with control characters and bytes that are not UTF-8 escaped, cut after limit bytes. If lines, line
// feeds and tabs stay as they are.
func printable(s string, limit int, lines bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if b.Len() >= limit {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case lines && (r == '\n' || r == '\t'), !unicode.IsControl(r):
			b.WriteString(s[i : i+size])
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return b.String()
}
