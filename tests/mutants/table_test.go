package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

var root = filepath.Join("..", "..")

func TestGuideHasTheTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, guide))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(begin+table()+end)) {
		t.Errorf("%s does not list what is removed; run make mutants", guide)
	}
}

// Each mutation finds its place in the source of today.
func TestMutationsApply(t *testing.T) {
	for _, m := range mutants {
		source, err := os.ReadFile(filepath.Join(root, m.file))
		if err != nil {
			t.Error(err)
			continue
		}
		if n := bytes.Count(source, []byte(m.old)); n != 1 {
			t.Errorf("%s: %s has %d places to change, not 1", m.protection, m.file, n)
		}
	}
}
