// This file is long transfers at a terminal, which show how far they are, and nothing once they are done.

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

func TestProgress(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--backups", t.TempDir())
	dir := t.TempDir()
	big, small := filepath.Join(dir, "big"), filepath.Join(dir, "small")
	data := bytes.Repeat([]byte("0123456789abcdef"), 40<<16) // 40 MiB: more than is sent at once
	for name, content := range map[string][]byte{big: data, small: []byte("small")} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		args  []string
		shows string // "" is nothing
	}{
		{[]string{"put", "big", big}, `writing +\d+%.*/42 MB`},
		{[]string{"get", "big", filepath.Join(dir, "copy")}, `reading +\d+%.*/42 MB`},
		{[]string{"put", "small", small}, ""},
		{[]string{"get", "small", filepath.Join(dir, "small copy")}, ""},
		{[]string{"backup", "monday"}, "copying the store"},
	} {
		term := openTerminal(t, 100, 10, exec.Command(rig.Binary(), append([]string{"--addr", d.Addr()}, test.args...)...))
		if err := term.awaitEnd(); err != nil {
			t.Errorf("%q: %v:\n%s", test.args, err, term.all())
		}
		if shown := term.all(); test.shows == "" && shown != "" || !regexp.MustCompile(test.shows).MatchString(shown) {
			t.Errorf("%q showed %q", test.args, shown)
		}
		if left := strings.TrimSpace(term.screen.String()); strings.ContainsAny(left, "%█") || strings.Contains(left, "copying") {
			t.Errorf("%q left on the terminal:\n%s", test.args, left)
		}
	}
	if copied, err := os.ReadFile(filepath.Join(dir, "copy")); err != nil || !bytes.Equal(copied, data) {
		t.Errorf("what was read is not what was written: %d bytes, %v", len(copied), err)
	}
	// Without a terminal nothing is shown.
	if printed := cli(t, d, "put", "big", big); printed != "" {
		t.Errorf("put printed %q", printed)
	}
}
