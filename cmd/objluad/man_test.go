// This file tests the man pages: there is one of each command, and man takes them.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/manual"
)

func TestManPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	root := newRoot(cli.New(nil, nil))
	pages, err := manual.Write(root, dir, programVersion())
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range tree(root) {
		text, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"} {
			if !strings.Contains(string(text), "\n.SH "+section+"\n") {
				t.Errorf("the page of %s has no section %s", cmd.CommandPath(), section)
			}
		}
	}
	written, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(written) != len(pages) {
		t.Errorf("%d pages were written, of %d; %v", len(written), len(pages), err)
	}
	sections, err := os.ReadDir("manual/sections")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range sections {
		name := strings.TrimSuffix(file.Name(), ".md")
		if _, err := os.Stat(filepath.Join(dir, name+".1")); err != nil && name != "all" {
			t.Errorf("%s belongs to no page: %v", file.Name(), err)
		}
	}
	t.Run("lint", func(t *testing.T) {
		if _, err := exec.LookPath("mandoc"); err != nil {
			t.Skip("the package mandoc is not installed")
		}
		out, err := exec.Command("mandoc", append([]string{"-T", "lint", "-W", "warning"}, written...)...).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("mandoc: %v\n%s", err, out)
		}
	})
	t.Run("text", func(t *testing.T) {
		if _, err := exec.LookPath("mandoc"); err != nil {
			t.Skip("the package mandoc is not installed")
		}
		out, err := exec.Command("mandoc", "-T", "utf8", "-O", "width=200", filepath.Join(dir, "objluad-test.1")).Output()
		plain := strings.NewReplacer("_\b", "").Replace(string(out))
		for _, want := range []string{"[OPTION]... [FILE]...", "default: all files *_test.lua in this folder", "objluad test counter_test.lua"} {
			if err != nil || !strings.Contains(plain, want) {
				t.Errorf("%v: the page has no %q:\n%s", err, want, plain)
			}
		}
	})
}

// tree returns a command with all below it.
func tree(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, tree(sub)...)
	}
	return all
}
