// This file is captured calls: the bundle that a call is captured into, and its replay without a daemon.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/luavm"
	"github.com/objluad/objluad/objclass"
)

// captured writes a bundle into a new file, which others cannot read: it has the object's data.
func (a *app) captured(path string, bundle []byte) error {
	b, err := objclass.DecodeBundle(bundle)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(bundle)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"bundle": path, "bytes": len(bundle), "outcome": b.Outcome})
	}
	return a.printOutcome("captured", &b.Outcome)
}

func newReplay(a *app) *cobra.Command {
	var logs bool
	cmd := &cobra.Command{
		Use:   "replay BUNDLE",
		Short: "Run a captured call again, without a daemon, and tell whether the same comes of it; BUNDLE - is standard input",
		Long: `Run a call again that exec --capture or eval --capture wrote into a file, without a daemon, and tell whether the same comes of
it; BUNDLE - is standard input. The exit status is 1 if something else does.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := a.readBundle(args[0])
			if err != nil {
				return err
			}
			var log func(int, string)
			if logs {
				log = func(level int, message string) { fmt.Fprintf(os.Stderr, "log %d: %s\n", level, cli.OneLine(message)) }
			}
			return a.replay(cmd.Context(), b, log)
		},
	}
	cmd.Flags().BoolVar(&logs, "log", false, "print what the method logs to standard error")
	return cmd
}

// readBundle reads a bundle, and no more than that of what is none.
func (a *app) readBundle(name string) (*objclass.Bundle, error) {
	from := a.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, objclass.MaxBundle+1))
	if err != nil {
		return nil, err
	}
	return objclass.DecodeBundle(text)
}

// replay runs the bundle's call and compares what came of it with what the bundle tells.
func (a *app) replay(ctx context.Context, b *objclass.Bundle, log func(int, string)) error {
	engine, err := luavm.New(luavm.Options{Arena: int(b.Arena)})
	if err != nil {
		return err
	}
	defer engine.Close()
	now := b.Replay(ctx, engine, log)
	same := b.Outcome.Same(&now)
	if a.JSON {
		err = a.PrintJSON(map[string]any{"same": same, "timed": b.Outcome.Timed(), "captured": b.Outcome, "replayed": now})
	} else {
		err = a.printReplay(&b.Outcome, &now, same)
	}
	if err == nil && !same {
		return errno.Errorf(syscall.EBADE, "the replay differs from what was captured")
	}
	return err
}

func (a *app) printReplay(was, now *objclass.Outcome, same bool) error {
	if !same {
		return errors.Join(a.printOutcome("captured", was), a.printOutcome("replayed", now))
	}
	err := a.printOutcome("replayed", now)
	verdict := "the same return value and output as captured"
	switch {
	case was.Timed():
		verdict = "a deadline, as captured; where it ends a method depends on the machine, and is not compared"
	case was.Failed() && was.Where != "":
		verdict = "the same error at the same line as captured"
	case was.Failed():
		verdict = "the same error as captured"
	}
	_, printErr := fmt.Fprintln(a.Out, verdict)
	return errors.Join(err, printErr)
}

// printOutcome prints an outcome, and behind it where it happened.
func (a *app) printOutcome(what string, o *objclass.Outcome) error {
	_, err := fmt.Fprintf(a.Out, "%s: %s\n", what, cli.OneLine(o.String()))
	if o.Where != "" {
		_, err = fmt.Fprintf(a.Out, "  at %s\n", cli.OneLine(string(o.Where)))
	}
	for line := range strings.Lines(string(o.Traceback)) {
		_, err = fmt.Fprintf(a.Out, "  %s\n", cli.OneLine(strings.TrimRight(line, "\n")))
	}
	return err
}
