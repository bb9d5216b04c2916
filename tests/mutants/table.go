// This file keeps the table of protections in the guide of the guard.

package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// guide is where the table lies, between two lines that mark it.
const (
	guide = "docs/guard.md"
	begin = "<!-- protections: written by make mutants -->\n"
	end   = "<!-- end of protections -->\n"
)

// table lists each protection with its file and the test that goes red without it.
func table() string {
	var b strings.Builder
	b.WriteString("| protection | in | goes red without it |\n|---|---|---|\n")
	for _, m := range mutants {
		fmt.Fprintf(&b, "| %s | `%s` | `%s` `%s` |\n", m.protection, m.file, m.pkg, m.test)
	}
	return b.String()
}

func writeTable(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		return fmt.Errorf("%s lacks the lines that mark the table", file)
	}
	return os.WriteFile(file, fmt.Appendf(nil, "%s%s%s%s%s", before, begin, table(), end, after), 0o644)
}
