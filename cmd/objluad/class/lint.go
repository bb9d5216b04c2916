// This file is the subcommand that says of sources whether a server would install them.

package class

import (
	"context"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/workbench"
)

func newClassLint(a *commands) *cobra.Command {
	var libs []string
	cmd := &cobra.Command{
		Use:   "lint FILE...",
		Short: "Load classes as an install would, without a daemon, and say what it would refuse",
		Args:  cobra.MinimumNArgs(1),
		RunE:  func(cmd *cobra.Command, files []string) error { return a.lintClasses(cmd.Context(), files, libs) },
	}
	workbench.AddFlag(cmd.Flags(), &libs)
	return cmd
}

// lintJSON is what there is to say of a file.
type lintJSON struct {
	File     string            `json:"file"`
	Class    string            `json:"class"`
	Version  string            `json:"version,omitempty"` // that it has if it is installed with what it requires here
	Methods  map[string]string `json:"methods,omitempty"`
	Error    *errno.Envelope   `json:"error,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
}

func (a *commands) lintClasses(ctx context.Context, files, libs []string) error {
	sources, err := workbench.Library(libs)
	if err != nil {
		return err
	}
	named := make(map[string]string) // files by their classes
	for _, file := range files {
		name, err := sources.AddFile(file)
		if err != nil {
			return err
		}
		if other, twice := named[name]; twice {
			return errno.Errorf(syscall.EINVAL, "%s and %s are both class %s", other, file, name)
		}
		named[name] = file
	}
	bench, err := workbench.Open(ctx)
	if err != nil {
		return err
	}
	defer bench.Close()
	outcomes := bench.Install(ctx, sources)
	report := make([]lintJSON, 0, len(files))
	refused := 0
	for _, file := range files {
		outcome := outcomes[workbench.ClassName(file)]
		r := newLintJSON(file, outcome)
		if r.Error != nil {
			refused++
		} else if r.Warnings, err = bench.Warnings(ctx, outcome.Class, sources[r.Class]); err != nil {
			return err
		}
		report = append(report, r)
	}
	if err := a.printLint(report); err != nil {
		return err
	}
	if refused > 0 {
		return errno.Errorf(syscall.EINVAL, "an install would refuse %d of %d classes", refused, len(files))
	}
	return nil
}

func newLintJSON(file string, outcome workbench.Outcome) lintJSON {
	r := lintJSON{File: file, Class: workbench.ClassName(file)}
	if outcome.Err != nil {
		e := errno.NewEnvelope(outcome.Err)
		r.Error = &e
		return r
	}
	r.Version = outcome.Class.Version
	r.Methods = make(map[string]string)
	for _, m := range outcome.Class.Methods {
		r.Methods[m.Name] = m.Flags.String()
	}
	return r
}

func (a *commands) printLint(report []lintJSON) error {
	if a.JSON {
		return a.PrintJSON(report)
	}
	for _, r := range report {
		switch {
		case r.Error != nil:
			fmt.Fprintf(a.Out, "%s: %s: %s\n", r.File, r.Error.Errno, cli.OneLine(r.Error.Message))
		case len(r.Warnings) == 0:
			fmt.Fprintf(a.Out, "%s: ok\n", r.File)
		}
		for _, warning := range r.Warnings {
			fmt.Fprintf(a.Out, "%s: warning: %s\n", r.File, warning)
		}
	}
	return nil
}
