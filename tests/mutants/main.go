// Command mutants proves that the tests of the guard can fail: it removes one protection at a time from a copy of the
// source, and runs the test that must go red. It exits with status 0 if each one did, and then writes the table of them into
// docs/guard.md. make mutants runs it.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// A mutant may hang, which is as good as a failure.
const timeout = 45 * time.Second

func main() {
	only := flag.String("only", "", "remove only protections whose names have this `text`, and leave the table as it is")
	flag.Parse()
	survivors, err := run(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
	fmt.Printf("%d survived\n", survivors)
	if survivors > 0 {
		os.Exit(1)
	}
	if *only != "" {
		return
	}
	if err := writeTable(guide); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run judges the mutants, several at a time, each of them in one of as many copies of the source.
func run(only string) (survivors int, err error) {
	dir, err := os.MkdirTemp("", "objluad-mutants")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	copies := make(chan string, runtime.NumCPU())
	for i := range cap(copies) {
		source := filepath.Join(dir, strconv.Itoa(i))
		if err := os.Mkdir(source, 0o700); err != nil {
			return 0, err
		}
		if err := copySource(source); err != nil {
			return 0, err
		}
		copies <- source
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(cap(copies))
	for _, m := range mutants {
		if !strings.Contains(m.protection, only) {
			continue
		}
		group.Go(func() error {
			source := <-copies
			defer func() { copies <- source }()
			verdict, err := m.judge(source)
			if err != nil {
				return fmt.Errorf("%s: %w", m.protection, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if verdict == survived {
				survivors++
			}
			fmt.Printf("%-8s  %-62s  %s %s\n", verdict, m.protection, m.pkg, m.test)
			return nil
		})
	}
	return survivors, group.Wait()
}

const (
	red      = "red"
	hung     = "hung"
	survived = "SURVIVED"
)

// judge runs the mutant's test in the copy of the source that dir holds: first without the mutation, where it must pass.
func (m *mutant) judge(dir string) (verdict string, err error) {
	file := filepath.Join(dir, m.file)
	source, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if n := bytes.Count(source, []byte(m.old)); n != 1 {
		return "", fmt.Errorf("%s has %d places to change, not 1", m.file, n)
	}
	if err := m.build(dir); err != nil {
		return "", fmt.Errorf("the source does not build: %w", err)
	}
	if verdict, out := m.runTest(dir); verdict != survived {
		return "", fmt.Errorf("the test fails without the mutation:\n%s", out)
	}
	mutated := strings.Replace(string(source), m.old, m.new, 1)
	if err := os.WriteFile(file, []byte(mutated), 0o644); err != nil {
		return "", err
	}
	defer os.WriteFile(file, source, 0o644)
	if err := m.build(dir); err != nil {
		return "", fmt.Errorf("the mutant does not build: %w", err)
	}
	verdict, _ = m.runTest(dir)
	return verdict, nil
}

// build builds the test, so that the time of a test that hangs is that of the test.
func (m *mutant) build(dir string) error {
	build := exec.Command("go", "test", "-run", "^$", m.pkg)
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// copySource copies the files that git knows or would add.
func copySource(dir string) error {
	list := exec.Command("git", "ls-files", "-co", "--exclude-standard", "-z")
	pack := exec.Command("tar", "--null", "-T", "-", "-c")
	unpack := exec.Command("tar", "-x", "-C", dir)
	pack.Stdin, _ = list.StdoutPipe()
	unpack.Stdin, _ = pack.StdoutPipe()
	for _, cmd := range []*exec.Cmd{unpack, pack, list} {
		if err := cmd.Start(); err != nil {
			return err
		}
	}
	for _, cmd := range []*exec.Cmd{list, pack, unpack} {
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%s: %w", cmd.Path, err)
		}
	}
	return nil
}

func (m *mutant) runTest(dir string) (verdict, out string) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout", "40s", "-run", m.test, m.pkg)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	raw, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil || bytes.Contains(raw, []byte("test timed out")):
		return hung, string(raw)
	case err != nil:
		return red, string(raw)
	case bytes.Contains(raw, []byte("no tests to run")):
		return red, "no test has that name"
	}
	return survived, string(raw)
}
