// This file prints bytes for people, in the form in which rados does: that of hexdump -C.

package objects

import (
	"bytes"
	"fmt"
	"io"
)

// dumpValue prints a value below a line that names it.
func dumpValue(out io.Writer, what string, value []byte) {
	dump(out, fmt.Sprintf("%s (%d bytes) :", what, len(value)), value)
}

// dump prints bytes below a title, and an empty line.
func dump(out io.Writer, title string, b []byte) {
	fmt.Fprintln(out, title)
	if len(b) > 0 {
		hexdump(out, b)
	}
	fmt.Fprintln(out)
}

const rowSize = 16 // bytes of a row

// hexdump prints bytes in rows. Where rows of one byte only repeat the row before, it prints a star for all of them, but the last row is
// printed in any case.
func hexdump(out io.Writer, b []byte) {
	var before []byte
	starred := false
	for off := 0; off < len(b); off += rowSize {
		row := b[off:min(off+rowSize, len(b))]
		isLast := off+rowSize >= len(b)
		if !isLast && bytes.Equal(row, before) && bytes.Count(row, row[:1]) == rowSize {
			if !starred {
				fmt.Fprintln(out, "*")
			}
			starred = true
			continue
		}
		hexdumpRow(out, off, row)
		before, starred = row, false
	}
	fmt.Fprintf(out, "%08x\n", len(b))
}

func hexdumpRow(out io.Writer, off int, row []byte) {
	fmt.Fprintf(out, "%08x ", off)
	for i := range rowSize {
		if i == rowSize/2 {
			fmt.Fprint(out, " ")
		}
		if i < len(row) {
			fmt.Fprintf(out, " %02x", row[i])
		} else {
			fmt.Fprint(out, "   ")
		}
	}
	text := bytes.Clone(row)
	for i, c := range text {
		if !isPrint(c) {
			text[i] = '.'
		}
	}
	fmt.Fprintf(out, "  |%s|\n", text)
}

// isPrint reports whether a byte is printable ASCII.
func isPrint(c byte) bool { return ' ' <= c && c <= '~' }

// isPrintable reports whether rados prints a name as it is.
func isPrintable(name string) bool {
	for i := range len(name) {
		if !isPrint(name[i]) {
			return false
		}
	}
	return true
}

// readable returns a name as rados prints it in a sentence.
func readable(name string) string {
	if isPrintable(name) {
		return name
	}
	return "(binary key)"
}
