package layout

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// top is all that the repository has at its top; files that begin with a dot are settings of tools.
var top = []string{
	"CHANGELOG.md", "LICENSE", "Makefile", "RATIONALE.md", "README.md", "build.env", "docker-compose.yml", "go.mod", "go.sum",
	"classes", "client", "cmd", "deploy", "docs", "luavm", "objclass", "panicguard", "server", "store", "tests",
}

// What somebody left lying about is not committed.
func TestTop(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "ls-files").Output()
	if err != nil {
		t.Skip("this is no clone: ", err)
	}
	found := make(map[string]bool)
	for file := range strings.Lines(string(out)) {
		name, _, _ := strings.Cut(strings.TrimSpace(file), "/")
		if !strings.HasPrefix(name, ".") && !slices.Contains(top, name) {
			t.Errorf("%s does not belong at the top", name)
		}
		found[name] = true
	}
	for _, name := range top {
		if !found[name] {
			t.Errorf("%s is missing", name)
		}
	}
}
