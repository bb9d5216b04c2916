// This file is names that are not to be shown as they are, or not at all: to a terminal, which would obey them, and to who may not know of them.

package e2e

import (
	"os/exec"
	"path/filepath"
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

// Who may not know of a class is not told of it by what is said of another one.
func TestHiddenClassesAreNotNamed(t *testing.T) {
	dir := t.TempDir()
	users := filepath.Join(dir, "users")
	for name, caps := range map[string]string{"root": "allow *", "eve": "allow x class=mine"} {
		add := exec.Command(rig.Binary(), "user", "add", name, "--users", users, "--caps", caps)
		add.Stdin = strings.NewReader(tablePassword)
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	h := &house{Daemon: rig.Run(t, filepath.Join(dir, "data"), "--users", users)}
	root, eve := h.login(t, "root"), h.login(t, "eve")
	install := func(class, source string) {
		if got := root.ask("CLASS.INSTALL", class, source); !strings.HasPrefix(got, "$64\r\n") {
			t.Fatalf("CLASS.INSTALL %s: %q", class, got)
		}
	}
	install("secretplan", "function m(input, output) end objclass.register(m)")
	if got := eve.ask("OBJ.EXEC", "default", "o", "mine", "m", ""); got != "-EOPNOTSUPP class no class mine is installed\r\n" {
		t.Errorf("a class that is not there: %q", got)
	}
	install("mine", "function m(input, output) end objclass.register(m) return {}")
	install("secretplan", "require 'mine' function m(input, output) end objclass.register(m)")
	if got := root.ask("CLASS.SHOW", "mine"); !strings.Contains(got, "secretplan@") {
		t.Errorf("CLASS.SHOW for who may know what requires the class: %q", got)
	}
	if got := eve.ask("CLASS.SHOW", "mine"); !strings.Contains(got, "required_by") || strings.Contains(got, "secretplan") {
		t.Errorf("CLASS.SHOW for who may not: %q", got)
	}
	show := asked{http: "GET /v1/classes/mine"}
	if _, got := show.overHTTP(t, h, "root"); !strings.Contains(got, "secretplan@") {
		t.Errorf("the class by HTTP for who may know: %q", got)
	}
	if _, got := show.overHTTP(t, h, "eve"); !strings.HasPrefix(got, `{"name":"mine"`) || strings.Contains(got, "secretplan") {
		t.Errorf("the class by HTTP for who may not: %q", got)
	}
}
