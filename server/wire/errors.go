// This file puts errors into words for the wire: the envelope of any error, and text that cannot break a protocol or a
// terminal.

package wire

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
	MaxMessage   = 4 << 10  // bytes of a message on the wire
	MaxTraceback = 16 << 10 // bytes of a traceback on the wire
	MaxWhere     = 256      // bytes of a place in a script on the wire
)

// InputError says what is wrong with a request.
func InputError(format string, args ...any) error {
	return objclass.Errorf(syscall.EINVAL, objclass.KindInput, format, args...)
}

// AsError returns the envelope of an error.
func AsError(err error) *objclass.Error {
	var e *objclass.Error
	if errors.As(err, &e) {
		return e
	}
	return objclass.OpError(err)
}

// Printable returns s with control characters and bytes that are not UTF-8 escaped, cut after limit bytes. If lines, line
// feeds and tabs stay as they are.
func Printable(s string, limit int, lines bool) string {
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
