// Package readme runs the README's first session as a new user would, and compares what it prints.
package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

// block returns the first fenced block of the README behind a heading or phrase.
func block(t *testing.T, readme, behind string) string {
	t.Helper()
	_, rest, ok := strings.Cut(readme, behind)
	if !ok {
		t.Fatalf("the README has no %q", behind)
	}
	_, rest, _ = strings.Cut(rest, "\n```")
	_, rest, _ = strings.Cut(rest, "\n")
	text, _, ok := strings.Cut(rest, "\n```")
	if !ok {
		t.Fatalf("there is no block behind %q", behind)
	}
	return text + "\n"
}

func TestFirstSession(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	session := block(t, string(readme), "## A first session")
	want := block(t, string(readme), "It prints")

	daemon, err := rig.Start(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Kill() })
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(rig.Binary(), filepath.Join(dir, "bin", "objluad")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "-c", session)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "OBJLUAD_ADDR="+daemon.Addr())
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the session ended with %v", err)
	}
	if string(got) != want {
		t.Errorf("the session printed\n%s\nthe README says\n%s", got, want)
	}
}
