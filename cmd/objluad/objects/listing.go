// This file prints lists of any length, an element at a time: lines for people, or a JSON array.

package objects

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

type listing struct {
	app      *commands
	out      *bufio.Writer
	terminal bool
	count    int
}

func newListing(a *commands) *listing {
	return &listing{app: a, out: bufio.NewWriter(a.Out), terminal: term.IsTerminal(int(os.Stdout.Fd()))}
}

// addName prints a name: as it is for programs, and in quotes on a terminal that would obey what is in it. Names are their owners' to choose.
func (l *listing) addName(v any, name string) {
	l.add(v, func(out io.Writer) {
		if quoted := strconv.Quote(name); l.terminal && quoted != `"`+name+`"` {
			name = quoted
		}
		fmt.Fprintln(out, name)
	})
}

// add prints an element: v in JSON, or what print writes. Errors show in end.
func (l *listing) add(v any, print func(io.Writer)) {
	if !l.app.JSON {
		print(l.out)
		return
	}
	if l.count++; l.count == 1 {
		l.out.WriteByte('[')
	} else {
		l.out.WriteByte(',')
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // of strings and bytes
	l.out.Write(bytes.TrimSuffix(text.Bytes(), []byte{'\n'}))
}

// end prints what follows the last element.
func (l *listing) end() error {
	if l.app.JSON {
		if l.count == 0 {
			l.out.WriteByte('[')
		}
		l.out.WriteString("]\n")
	}
	return l.out.Flush()
}
