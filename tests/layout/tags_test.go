package layout

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// build.env is the one place that names the build tags; what editors need of it says the same.
func TestEditorsHaveTheBuildTags(t *testing.T) {
	root := filepath.Join("..", "..")
	env, err := os.ReadFile(filepath.Join(root, "build.env"))
	if err != nil {
		t.Fatal(err)
	}
	tags, ok := strings.CutPrefix(strings.TrimSpace(string(env)), "GOFLAGS=")
	if !ok || !strings.HasPrefix(tags, "-tags=") {
		t.Fatalf("build.env is %q", env)
	}
	raw, err := os.ReadFile(filepath.Join(root, ".vscode", "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var settings struct {
		Gopls map[string][]string `json:"gopls"`
	}
	if err := json.Unmarshal(raw, &settings); err != nil {
		t.Fatal(err)
	}
	if flags := settings.Gopls["build.buildFlags"]; !slices.Equal(flags, []string{tags}) {
		t.Errorf("editors build with %v, make with %s", flags, tags)
	}
}
