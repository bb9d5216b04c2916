// This file is the subcommand that runs tests of classes, without a daemon.

package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/workbench"
)

// tester is the settings of a test run.
type tester struct {
	*app
	libs   []string
	tap    bool
	update bool
}

func newTest(a *app) *cobra.Command {
	t := &tester{app: a}
	watch := false
	cmd := &cobra.Command{
		Use:   "test [FILE]...",
		Short: "Run tests of classes, without a daemon; default: all files *_test.lua in this folder",
		Long: `Run tests of classes, without a daemon; default: all files *_test.lua in this folder. A file of tests is Lua that returns a list
of cases: each has an object, calls, and what they are to answer and to leave. The exit status is 1 if a test failed.`,
		RunE: func(cmd *cobra.Command, files []string) error {
			if watch {
				return t.watch(cmd.Context(), files)
			}
			return t.run(cmd.Context(), files)
		},
	}
	workbench.AddFlag(cmd.Flags(), &t.libs)
	flags := cmd.Flags()
	flags.BoolVar(&t.tap, "tap", false, "print TAP, the Test Anything Protocol")
	flags.BoolVar(&t.update, "update", false, "write what the methods changed to the snapshots, instead of comparing it")
	flags.BoolVar(&watch, "watch", false, "run again whenever a Lua file changes")
	return cmd
}

func (t *tester) run(ctx context.Context, files []string) error {
	if t.tap && t.JSON {
		return errno.Errorf(syscall.EINVAL, "--tap and --json cannot both be printed")
	}
	if len(files) == 0 {
		var err error
		if files, err = filepath.Glob("*_test.lua"); err != nil {
			return err
		}
	}
	if len(files) == 0 {
		return errno.Errorf(syscall.ENOENT, "there is no file *_test.lua in this folder")
	}
	sources, err := workbench.Library(t.libs)
	if err != nil {
		return err
	}
	var results []workbench.Result
	for _, file := range files {
		bench, err := workbench.Open(ctx)
		if err != nil {
			return err
		}
		results = append(results, bench.Test(ctx, file, sources, t.update)...)
		if err := bench.Close(); err != nil {
			return err
		}
	}
	return t.report(results)
}

// report prints the results, and fails if one of them is a failure.
func (t *tester) report(results []workbench.Result) error {
	failed := 0
	for _, r := range results {
		if !r.OK {
			failed++
		}
	}
	switch {
	case t.JSON:
		if err := t.PrintJSON(results); err != nil {
			return err
		}
	case t.tap:
		printTAP(t.Out, results)
	default:
		printResults(t.Out, results)
		fmt.Fprintf(t.Out, "%d passed, %d failed\n", len(results)-failed, failed)
	}
	if failed > 0 {
		return errno.Errorf(syscall.EINVAL, "%d of %d tests failed", failed, len(results))
	}
	return nil
}

func title(r workbench.Result) string {
	if r.Name == "" {
		return cli.OneLine(r.File)
	}
	return cli.OneLine(r.File + ": " + r.Name)
}

// failureLines returns the lines of all failures, as a terminal may show them.
func failureLines(r workbench.Result) []string {
	var all []string
	for _, failure := range r.Failures {
		for line := range strings.Lines(failure) {
			all = append(all, cli.OneLine(strings.TrimSuffix(line, "\n")))
		}
	}
	return all
}

func printResults(w io.Writer, results []workbench.Result) {
	for _, r := range results {
		state := "ok  "
		if !r.OK {
			state = "FAIL"
		}
		fmt.Fprintf(w, "%s %s\n", state, title(r))
		for _, line := range failureLines(r) {
			fmt.Fprintf(w, "     %s\n", line)
		}
	}
}

// printTAP prints version 13: it is what consumers of 14 read, too, and Perl's refuses 14.
func printTAP(w io.Writer, results []workbench.Result) {
	escape := strings.NewReplacer(`\`, `\\`, "#", `\#`)
	fmt.Fprintf(w, "TAP version 13\n1..%d\n", len(results))
	for i, r := range results {
		state := "ok"
		if !r.OK {
			state = "not ok"
		}
		fmt.Fprintf(w, "%s %d - %s\n", state, i+1, escape.Replace(title(r)))
		for _, line := range failureLines(r) {
			fmt.Fprintf(w, "# %s\n", line)
		}
	}
}
