package cli

import "testing"

func TestOneLine(t *testing.T) {
	if got := OneLine("a\r\nb\x1b[31m"); got != "a  b [31m" {
		t.Errorf("OneLine: %q", got)
	}
}
