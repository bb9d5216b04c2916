// This file is outcomes of calls, and what attacks must have for one.

package hostile

import (
	"fmt"
	"strconv"
	"strings"
)

// OK is the kind of the outcome of a call that succeeded, and Deadline that of one that its budget ended.
const (
	OK       = "ok"
	Deadline = "trap:deadline"
)

// Outcome is how a call ended.
type Outcome struct {
	Kind  string // OK, or the kind of the error
	Errno string // its name; of an error only
	Text  string // output or message
	Ret   int    // what the method returned, if it succeeded
}

func (o Outcome) String() string {
	if o.Kind == OK {
		return fmt.Sprintf("ok %.200q (%d bytes) %d", o.Text, len(o.Text), o.Ret)
	}
	return fmt.Sprintf("%s %s %q", o.Kind, o.Errno, o.Text)
}

// Expectation is the outcome that an attack must have.
type Expectation struct {
	Kind  string
	Errno string
	Text  string // the output, or a part of the message
	Size  int    // bytes of output where it is too long to be a text; otherwise -1
	Ret   int
}

func (e Expectation) String() string {
	switch {
	case e.Kind != OK:
		return fmt.Sprintf("%s %s %q", e.Kind, e.Errno, e.Text)
	case e.Size >= 0:
		return fmt.Sprintf("ok with %d bytes, %d", e.Size, e.Ret)
	}
	return fmt.Sprintf("ok %q %d", e.Text, e.Ret)
}

// Met reports whether an outcome is the one that is expected.
func (e Expectation) Met(got Outcome) bool {
	switch {
	case e.Kind != OK:
		return e.KindMet(got) && strings.Contains(got.Text, e.Text)
	case e.Size >= 0:
		return got.Kind == OK && len(got.Text) == e.Size && got.Ret == e.Ret
	}
	return got.Kind == OK && got.Text == e.Text && got.Ret == e.Ret
}

// KindMet is Met, whatever an error's message says. Where a deadline strikes is a matter of how fast the machine is.
func (e Expectation) KindMet(got Outcome) bool {
	if e.Kind == OK {
		return e.Met(got)
	}
	return got.Kind == e.Kind && got.Errno == e.Errno
}

// parseExpectation reads "kind errno text", "ok text ret" or "ok N bytes ret"; errno stands with errors only, a text is
// quoted and may be missing in an error, ret may be missing.
func parseExpectation(s string) (e Expectation, err error) {
	e.Size = -1
	word := func() (w string) {
		w, s, _ = strings.Cut(s, " ")
		return w
	}
	e.Kind = word()
	if e.Kind != OK {
		if e.Errno = word(); !strings.HasPrefix(e.Errno, "E") {
			return e, fmt.Errorf("%q is no errno", e.Errno)
		}
	}
	if quoted, err := strconv.QuotedPrefix(s); err == nil {
		if e.Text, err = strconv.Unquote(quoted); err != nil {
			return e, err
		}
		s = strings.TrimPrefix(s[len(quoted):], " ")
	} else if e.Kind == OK {
		if e.Size, err = strconv.Atoi(word()); err != nil {
			return e, err
		}
		if unit := word(); unit != "bytes" {
			return e, fmt.Errorf("%q instead of bytes", unit)
		}
	}
	if e.Kind == OK && s != "" {
		e.Ret, err = strconv.Atoi(word())
	}
	if err == nil && s != "" {
		err = fmt.Errorf("%q is left over", s)
	}
	return e, err
}
