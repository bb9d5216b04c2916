package layout

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testName   = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)(?:/([^`]+))?`")
	attackName = regexp.MustCompile("`([a-z]+/\\w+\\.lua)`")
)

// The guide of the guard names tests. They exist.
func TestGuideNamesTests(t *testing.T) {
	root := filepath.Join("..", "..")
	guide, err := os.ReadFile(filepath.Join(root, "docs", "guard.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := sourcesOfTests(t, root)
	names := testName.FindAllSubmatch(guide, -1)
	attacks := attackName.FindAllSubmatch(guide, -1)
	if len(names) < 20 || len(attacks) < 20 {
		t.Fatalf("found only %d tests and %d attacks", len(names), len(attacks))
	}
	for _, name := range names {
		if !bytes.Contains(tests, []byte("func "+string(name[1]))) {
			t.Errorf("there is no test %s", name[1])
		}
		part := strings.TrimSuffix(string(name[2]), "$")
		if part != "" && !bytes.Contains(tests, []byte(strings.ReplaceAll(part, "_", " "))) && !isAttack(root, part+".lua") {
			t.Errorf("%s has no case %q", name[1], part)
		}
	}
	for _, attack := range attacks {
		if !isAttack(root, string(attack[1])) {
			t.Errorf("there is no attack %s", attack[1])
		}
	}
}

func isAttack(root, name string) bool {
	_, err := os.Stat(filepath.Join(root, "tests", "hostile", name))
	return err == nil
}

func sourcesOfTests(t *testing.T, root string) []byte {
	var all bytes.Buffer
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(d.Name(), "storetest") {
			return err
		}
		if d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}
