// This file is names that would command a terminal: on one they are quoted, and for programs they are as they are.

package e2e

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

func TestNamesOnATerminal(t *testing.T) {
	const evil = "\x1b]0;owned\aname\x9b\u202e\nline"
	d := rig.Run(t, t.TempDir())
	run := func(args ...string) *exec.Cmd {
		return exec.Command(rig.Binary(), append([]string{"--addr", d.Addr()}, args...)...)
	}
	for _, args := range [][]string{{"create", evil}, {"create", "plain ä"}, {"setxattr", "o", evil, "x"}, {"setomapval", "o", evil, "x"}} {
		if out, err := run(args...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
	}
	for _, args := range [][]string{{"ls"}, {"listxattr", "o"}, {"listomapkeys", "o"}} {
		term := openTerminal(t, 100, 10, run(args...))
		if err := term.awaitEnd(); err != nil {
			t.Errorf("%q: %v", args, err)
		}
		if shown := term.all(); strings.ContainsAny(shown, "\x1b\a\u202e") || !strings.Contains(shown, `"\x1b]0;owned\aname\x9b\u202e\nline"`) {
			t.Errorf("%q showed %q", args, shown)
		}
		out, err := run(args...).Output()
		if err != nil || !strings.Contains(string(out), evil+"\n") {
			t.Errorf("%q printed %q for programs, %v", args, out, err)
		}
	}
}
